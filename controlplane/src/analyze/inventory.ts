import { entryOf, stringAt, type ParsedDocument, type Value } from "../config/index.ts";
import { assembleMesh } from "../model/assemble-mesh.ts";
import type { DeclaredObject, DocumentContent } from "../model/declared-object.ts";
import { fieldPosition } from "../model/field-position.ts";
import type { Declared } from "../model/kinds/decode-object.ts";
import { identify } from "../model/kinds/object-header.ts";
import { objectsOf, type DeclaredLists } from "../model/objects-of.ts";
import type { Labels, Mesh, ObjectRef } from "../model/types.ts";
import { findingOf, MESSAGES, type Finding } from "./finding.ts";
import { plainAt, plainLabels, toPlain, type Plain } from "./plain.ts";

/** An object of the files, of whatever kind, good or not. */
export interface Item {
  readonly ref: ObjectRef;
  readonly document: ParsedDocument;
  readonly value: Value;
  readonly spec: Plain | undefined;
  readonly labels: Labels;
  readonly annotations: Plain | undefined;
}

/**
 * All that the files say, for analyzers: what is good in itself is here, also where something that it refers to is missing,
 * so that one mistake does not hide the next.
 */
export interface Inventory {
  readonly lists: DeclaredLists;
  readonly mesh: Mesh;
  /** Every object with kind and name, in the order of the files. */
  readonly all: readonly Item[];
  /** The same, by kind; also those of kinds that the model does not decode. */
  readonly items: (kind: string) => readonly Item[];
  /** Its text; undefined for an object that is not of the files. */
  readonly itemOf: (ref: ObjectRef) => Item | undefined;
}

/** Of two objects with one name the first counts. */
export function takeInventory(contents: readonly DocumentContent[]): Inventory {
  const declared = new Map<string, Declared>();
  for (const object of contents.flatMap(({ objects }) => objects)) addFirst(declared, object);
  const all = contents.flatMap(({ document }) => itemsOf(document));
  const byKind = Map.groupBy(all, ({ ref }) => ref.kind);
  const byPlace = new Map(all.map((item) => [placeKey(item.ref), item]));
  const good = [...declared.values()];
  return {
    lists: objectsOf(good),
    mesh: assembleMesh(good).mesh,
    all,
    items: (kind) => byKind.get(kind) ?? [],
    itemOf: (ref) => byPlace.get(placeKey(ref)),
  };
}

function addFirst(declared: Map<string, Declared>, object: DeclaredObject): void {
  if (object.declared !== undefined && !declared.has(object.key)) declared.set(object.key, object.declared);
}

function placeKey({ kind, position: { file, line, column } }: ObjectRef): string {
  return `${kind} ${file}:${line}:${column}`;
}

function itemsOf(document: ParsedDocument): Item[] {
  const { root } = document;
  const listed = stringAt(root, "kind") === "List" ? entryOf(root, "items")?.value : undefined;
  const values = listed?.kind === "list" ? listed.items : root === undefined ? [] : [root];
  return values.flatMap((value): Item[] => {
    const ref = identify(document, value);
    if (ref === undefined) return [];
    const plain = toPlain(value);
    const metadata = plainAt(plain, "metadata");
    const labels = plainLabels(plainAt(metadata, "labels"));
    return [
      { ref, document, value, spec: plainAt(plain, "spec"), labels, annotations: plainAt(metadata, "annotations") },
    ];
  });
}

/** What an analyzer found, before it has a place. */
export interface Found extends Pick<Finding, "code" | "message" | "allowed" | "fix"> {
  readonly object: ObjectRef;
  /** As `spec.http[0].match[1]`. */
  readonly field: string;
}

/** One or more of Istio's messages. Pure. */
export type Analyzer = (inventory: Inventory) => readonly Found[];

/** With its place in the file and its level. */
export function locate({ itemOf }: Inventory, found: Found): Finding {
  const item = itemOf(found.object);
  const place = item && fieldPosition(item.document, item.value, found.field);
  const severity = MESSAGES[found.code]?.[1] === "error" ? "error" : "warning";
  return findingOf({ ...found, severity, position: place ?? found.object.position });
}

/** "VirtualService shop/reviews (reviews.yaml:12)". */
export function nameOf({ kind, namespace, name, position }: ObjectRef): string {
  return `${kind} ${namespace}/${name} (${position.file}:${position.line})`;
}
