import type { DeclaredObject, DocumentContent } from "./declared-object.ts";
import type { Declared } from "./kinds/decode-object.ts";

/** A version of an object that is good in itself, and the document in which it stands. */
export interface Version {
  readonly object: DeclaredObject;
  readonly declared: Declared;
  readonly content: DocumentContent;
}

/** True when both are the same text, wherever it has moved. */
export function isSameText(a: Version, b: Version): boolean {
  return a.content.document.text === b.content.document.text && a.object.item === b.object.item;
}
