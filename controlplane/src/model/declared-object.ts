import type { ParsedDocument } from "../config/parse-document.ts";
import { describe, entryOf, stringAt, type Value } from "../config/value.ts";
import type { Context, Reference } from "./decode/context.ts";
import type { Diagnostic } from "./diagnostic.ts";
import { recognise } from "./kinds/api-versions.ts";
import { decodeSpec, type Declared } from "./kinds/decode-object.ts";
import { decodeMeshConfig, isMeshConfig, meshConfigRef } from "./kinds/mesh-config.ts";
import { identify, readHeader, reportNoIdentity } from "./kinds/object-header.ts";
import { didYouMean, listAllowed } from "./suggestion.ts";
import type { ObjectRef } from "./types.ts";

/** One object of a document: good when `declared` is there. `item` is its place in a `kind: List`, 0 elsewhere. */
export interface DeclaredObject {
  readonly key: string;
  readonly ref: ObjectRef;
  readonly item: number;
  /** What is written, for the places of its fields. */
  readonly value: Value;
  readonly declared: Declared | undefined;
  readonly references: readonly Reference[];
  readonly diagnostics: readonly Diagnostic[];
}

/** All that one document says. */
export interface DocumentContent {
  readonly document: ParsedDocument;
  readonly objects: readonly DeclaredObject[];
  /** What is wrong and belongs to no object. */
  readonly diagnostics: readonly Diagnostic[];
  /** True when an object may be in here that could not be recognised, so nothing may be taken for deleted. */
  readonly hidesObjects: boolean;
}

/** Identity of an object across versions and files. */
export function objectKey(ref: Pick<ObjectRef, "kind" | "namespace" | "name">): string {
  return `${ref.kind}/${ref.namespace}/${ref.name}`;
}

/** Decodes every object of a document. Pure: equal text at an equal place gives an equal result. */
export function decodeDocument(document: ParsedDocument): DocumentContent {
  const objects: DeclaredObject[] = [];
  const loose: Diagnostic[] = [...document.diagnostics];
  const broken = loose.some((diagnostic) => diagnostic.severity === "error");
  let hidesObjects = broken;
  for (const [item, value] of unfold(document.root).entries()) {
    const result = decodeObject(document, value, item, broken);
    if (result === "ignored") continue;
    if ("key" in result) objects.push(result);
    else {
      loose.push(...result);
      hidesObjects ||= result.some((diagnostic) => diagnostic.severity === "error");
    }
  }
  const only = broken && objects.length === 1 ? objects[0]?.ref : undefined;
  const diagnostics = only === undefined ? loose : loose.map((diagnostic) => ({ ...diagnostic, object: only }));
  return { document, objects, diagnostics, hidesObjects };
}

/** `kind: List` (of `v1`, as kubectl prints it) stands for its items. */
function unfold(root: Value | undefined): readonly Value[] {
  if (root === undefined) return [];
  const items = stringAt(root, "kind") === "List" ? entryOf(root, "items")?.value : undefined;
  if (items?.kind === "list") return items.items;
  const isNothing = (root.kind === "scalar" && root.value === null) || stringAt(root, "kind") === "List";
  return isNothing ? [] : [root];
}

function decodeObject(
  document: ParsedDocument,
  value: Value,
  item: number,
  broken: boolean,
): DeclaredObject | readonly Diagnostic[] | "ignored" {
  const ref = identify(document, value);
  const blank = {
    kind: stringAt(value, "kind") ?? "object",
    namespace: "default",
    name: "",
    position: document.locate(value.offset),
  };
  const context: Context = { ref: ref ?? blank, locate: document.locate, diagnostics: [], references: [] };
  const apiVersion = stringAt(value, "apiVersion");
  const known = apiVersion === undefined || blank.kind === "object" ? undefined : recognise(apiVersion, blank.kind);
  if (known !== undefined && known.state !== "supported") {
    return broken ? "ignored" : [unrecognised(document, value, ref, known, apiVersion ?? "")];
  }
  if (isMeshConfig(document.file, value)) return meshConfig(document, value, item, broken);
  if (broken)
    return ref === undefined || known === undefined
      ? "ignored"
      : { key: objectKey(ref), ref, item, value, declared: undefined, references: [], diagnostics: [] };
  if (ref === undefined || known === undefined) {
    reportNoIdentity(value, context);
    return context.diagnostics;
  }
  const header = readHeader(value, context);
  const declared = header === undefined ? undefined : decodeSpec(known.kind, header.meta, header.spec, context);
  const good = !context.diagnostics.some((diagnostic) => diagnostic.severity === "error");
  return {
    key: objectKey(ref),
    ref,
    item,
    value,
    declared: good ? declared : undefined,
    references: context.references,
    diagnostics: context.diagnostics,
  };
}

function meshConfig(document: ParsedDocument, value: Value, item: number, broken: boolean): DeclaredObject {
  const ref = meshConfigRef(document.locate(value.offset));
  const context: Context = { ref, locate: document.locate, diagnostics: [], references: [] };
  const object = broken ? undefined : decodeMeshConfig(value, context);
  const declared = object === undefined ? undefined : { kind: "MeshConfig" as const, object };
  return { key: objectKey(ref), ref, item, value, declared, references: [], diagnostics: context.diagnostics };
}

type Unrecognised = Exclude<ReturnType<typeof recognise>, { state: "supported" }>;

function unrecognised(
  document: ParsedDocument,
  value: Value,
  ref: ObjectRef | undefined,
  known: Unrecognised,
  apiVersion: string,
): Diagnostic {
  const kind = entryOf(value, "kind");
  const version = entryOf(value, "apiVersion");
  const object = ref === undefined ? {} : { object: ref };
  const name = stringAt(value, "kind") ?? "";
  if (known.state === "later") {
    const position = document.locate(kind?.value.offset ?? value.offset);
    return {
      severity: "warning",
      code: "SLU0003",
      position,
      ...object,
      field: "kind",
      message: `${name} (${apiVersion}) is not supported yet by this version of Sluice, and is ignored`,
    };
  }
  const isKind = known.state === "unknown kind";
  const place = isKind ? kind : version;
  const written = isKind ? name : apiVersion;
  const fix = didYouMean(written, known.known);
  return {
    severity: "error",
    code: "SLU0002",
    position: document.locate(place?.value.offset ?? value.offset),
    ...object,
    field: isKind ? "kind" : "apiVersion",
    message: isKind
      ? `the kind ${describe(kind?.value ?? value)} is unknown`
      : `${name} has no apiVersion "${apiVersion}"`,
    allowed: listAllowed(isKind ? known.known.slice(0, 7) : known.known),
    ...(fix === undefined ? {} : { fix }),
  };
}
