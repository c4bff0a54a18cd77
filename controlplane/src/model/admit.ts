import type { SourceFile } from "../config/index.ts";
import { assembleMesh } from "./assemble-mesh.ts";
import { gatherCandidates, type Candidate } from "./candidates.ts";
import type { Diagnostic } from "./diagnostic.ts";
import { DocumentCache } from "./document-cache.ts";
import { recordLastGood, restoreLastGood, type LastGood } from "./last-good.ts";
import { settle, type ObjectState } from "./settle.ts";
import type { Mesh, ObjectRef } from "./types.ts";
import { findDoubtful } from "./doubtful.ts";
import { fieldPosition } from "./field-position.ts";
import type { Version } from "./version.ts";

/** What came of the user's files. */
export interface Admission {
  readonly mesh: Mesh;
  /** By file, line and column. */
  readonly diagnostics: readonly Diagnostic[];
  /** To be given to the next admission, also across a restart. */
  readonly lastGood: LastGood;
  /**
   * Every object that could be recognised. "applied": as the files say; "kept": the files have an error, the version
   * before (which `ref` points at) goes on; "refused": not part of the mesh.
   */
  readonly objects: readonly { readonly ref: ObjectRef; readonly state: ObjectState }[];
}

/**
 * Builds the mesh from the files' good objects. A bad object is set aside with diagnostics and its last good version
 * goes on; the others are not touched by it. Pure: the same files and past give the same result, with or without a
 * cache, which only saves the work of parsing what did not change.
 */
export function admit(
  files: readonly SourceFile[],
  lastGood: LastGood,
  cache: DocumentCache = new DocumentCache(),
): Admission {
  const contents = cache.readFiles(files);
  const candidates = gatherCandidates(contents, restoreLastGood(lastGood, cache));
  const { settled, diagnostics } = settle(candidates.list);
  const versions = settled.flatMap(({ version }) => (version === undefined ? [] : [version]));
  const assembled = assembleMesh(versions.map((version) => version.declared));
  const all = [
    ...contents.flatMap((content) => content.diagnostics),
    ...candidates.diagnostics,
    ...diagnostics,
    ...assembled.diagnostics,
    ...findDoubtful(assembled.mesh),
  ];
  return {
    mesh: assembled.mesh,
    diagnostics: atTheirFields(all, candidates.list).toSorted(byPosition),
    lastGood: recordLastGood(versions, cache),
    objects: settled.map(({ candidate, state, version }) => ({ ref: version?.object.ref ?? candidate.ref, state })),
  };
}

/** What is found beside other objects stands at the object at first; here it moves to the field that it is about. */
function atTheirFields(diagnostics: readonly Diagnostic[], candidates: readonly Candidate[]): Diagnostic[] {
  if (diagnostics.length === 0) return [];
  const byRef = new Map<ObjectRef, Version>();
  for (const version of candidates.flatMap(({ next, last }) => [last, next])) {
    if (version !== undefined) byRef.set(version.object.ref, version);
  }
  return diagnostics.map((diagnostic) => {
    const { object, field, position } = diagnostic;
    const version = object === undefined || position !== object.position ? undefined : byRef.get(object);
    if (version === undefined || field === undefined) return diagnostic;
    const place = fieldPosition(version.content.document, version.object.value, field);
    return place === undefined ? diagnostic : { ...diagnostic, position: place };
  });
}

function byPosition({ position: a }: Diagnostic, { position: b }: Diagnostic): number {
  if (a.file !== b.file) return a.file < b.file ? -1 : 1;
  return a.line - b.line || a.column - b.column;
}
