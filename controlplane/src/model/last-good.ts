import type { Version } from "./version.ts";
import type { DocumentCache } from "./document-cache.ts";

/**
 * The text of every object that is part of the mesh, in the version that is: plain JSON, so that a restarted control
 * plane that finds a bad file still has the version before. Positions are kept by keeping the line.
 */
export interface LastGood {
  readonly documents: readonly LastGoodDocument[];
}

export interface LastGoodDocument {
  readonly file: string;
  readonly line: number;
  readonly text: string;
  /** Which objects of the document count, by key, with their place in a `kind: List` (0 elsewhere). */
  readonly objects: Readonly<Record<string, number>>;
}

/** The state before the first admission. */
export const NO_LAST_GOOD: LastGood = { documents: [] };

/** Writes down the versions that make up the mesh; the cache need not decode them to restore them. */
export function recordLastGood(versions: readonly Version[], cache: DocumentCache): LastGood {
  const documents = new Map<Version["content"], Record<string, number>>();
  for (const { content, object } of versions) {
    const objects = documents.get(content) ?? {};
    documents.set(content, objects);
    objects[object.key] = object.item;
  }
  return {
    documents: [...documents].map(([content, objects]) => {
      const { file, line, text } = content.document;
      const recorded = { file, line, text, objects };
      cache.remember(recorded, content);
      return recorded;
    }),
  };
}

/** Reads the versions back. One that no longer decodes (by a newer Sluice, say) is left out. */
export function restoreLastGood(lastGood: LastGood, cache: DocumentCache): Map<string, Version> {
  const versions = new Map<string, Version>();
  for (const document of lastGood.documents) {
    const content = cache.read(document);
    for (const object of content.objects) {
      const { declared } = object;
      if (declared !== undefined && document.objects[object.key] === object.item)
        versions.set(object.key, { object, declared, content });
    }
  }
  return versions;
}

/** Checks what was read from a file: the state of a damaged or foreign file is no state. */
export function parseLastGood(json: unknown): LastGood {
  const documents = isRecord(json) ? json["documents"] : undefined;
  return Array.isArray(documents) && documents.every(isDocument) ? { documents } : NO_LAST_GOOD;
}

function isDocument(value: unknown): value is LastGoodDocument {
  if (!isRecord(value)) return false;
  const { file, line, text, objects } = value;
  const isPlain = typeof file === "string" && typeof line === "number" && typeof text === "string";
  return isPlain && isRecord(objects) && Object.values(objects).every((item) => typeof item === "number");
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
