import { objectKey, type DeclaredObject, type DocumentContent } from "./declared-object.ts";
import type { Diagnostic } from "./diagnostic.ts";
import type { ObjectRef } from "./types.ts";
import type { Version } from "./version.ts";

/** An object that the mesh may have, with the versions that are to choose from. */
export interface Candidate {
  readonly key: string;
  readonly ref: ObjectRef;
  /** What the files say now, if it is good in itself. */
  readonly next: Version | undefined;
  /** What was part of the mesh before. */
  readonly last: Version | undefined;
}

export interface Candidates {
  /** By file and line of what the files say; those that only the past knows come last. */
  readonly list: readonly Candidate[];
  readonly diagnostics: readonly Diagnostic[];
}

/**
 * Brings what the files say together with what was. An object that is no longer written is gone, unless its file has
 * text in which it may be hidden: an error must never delete.
 */
export function gatherCandidates(
  contents: readonly DocumentContent[],
  lastGood: ReadonlyMap<string, Version>,
): Candidates {
  const diagnostics: Diagnostic[] = [];
  const found = new Map<string, Candidate>();
  const sound = contents.filter((content) => !isBroken(content));
  for (const content of [...sound, ...contents.filter(isBroken)]) {
    for (const object of content.objects) {
      const first = found.get(object.key);
      if (first === undefined) {
        found.set(object.key, candidate(object, content, lastGood));
        diagnostics.push(...object.diagnostics);
      } else if (!isBroken(content)) diagnostics.push(duplicate(object, first));
    }
  }
  const unclear = new Set(contents.filter((content) => content.hidesObjects).map((content) => content.document.file));
  const hidden = [...lastGood].filter(([key, last]) => !found.has(key) && unclear.has(last.content.document.file));
  const kept = hidden.map(([key, last]) => ({ key, ref: last.object.ref, next: undefined, last }));
  return { list: [...[...found.values()].toSorted(byPlace), ...kept], diagnostics };
}

function isBroken(content: DocumentContent): boolean {
  return content.document.diagnostics.some((diagnostic) => diagnostic.severity === "error");
}

function candidate(
  object: DeclaredObject,
  content: DocumentContent,
  lastGood: ReadonlyMap<string, Version>,
): Candidate {
  const { declared } = object;
  const next = declared === undefined ? undefined : { object, declared, content };
  return { key: object.key, ref: object.ref, next, last: lastGood.get(object.key) };
}

function duplicate(object: DeclaredObject, first: Candidate): Diagnostic {
  const { file, line } = first.ref.position;
  return {
    severity: "error",
    code: "SLU0005",
    position: object.ref.position,
    object: object.ref,
    field: "metadata.name",
    message: `${objectKey(object.ref)} is already defined at ${file}:${line}, which counts`,
    fix: "remove one of the two, or give it another name",
  };
}

function byPlace(a: Candidate, b: Candidate): number {
  const [left, right] = [a.ref.position, b.ref.position];
  if (left.file !== right.file) return left.file < right.file ? -1 : 1;
  return left.line - right.line || left.column - right.column;
}
