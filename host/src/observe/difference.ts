import type { TranscriptEntry } from "./transcript.ts";
import { entryText } from "./transcript.ts";

/** Where two transcripts part. */
export interface TranscriptDifference {
  /** Of the entry, counted from 0. */
  readonly at: number;
  /** As lines; undefined where a transcript has ended. */
  readonly expected: string | undefined;
  readonly actual: string | undefined;
}

/** The first entry that is not the same in both; undefined when all are. Traps are the same whatever their words. */
export function transcriptDifference(
  expected: readonly TranscriptEntry[],
  actual: readonly TranscriptEntry[],
): TranscriptDifference | undefined {
  for (let at = 0; at < Math.max(expected.length, actual.length); at++) {
    const [one, other] = [shown(expected[at]), shown(actual[at])];
    if (one !== other) return { at, expected: one, actual: other };
  }
  return undefined;
}

/** An entry as the line that it is compared by. */
export function shown(entry: TranscriptEntry | undefined): string | undefined {
  if (entry === undefined) return undefined;
  if (entry.kind === "return" && entry.trap !== undefined) return `${entry.name} trapped`;
  return entry.kind === "return" ? `${entry.name} -> ${entry.value ?? "nothing"}` : entryText(entry);
}

/**
 * What Envoy's log would tell of a transcript: bytes by their number, no results, and only what is proxy-wasm's. For a
 * comparison with `readEnvoyTrace`.
 */
export function outline(entries: readonly TranscriptEntry[]): TranscriptEntry[] {
  return entries
    .filter(({ name }) => name.startsWith("proxy_"))
    .map((entry) => {
      if (entry.kind !== "host call") return { ...entry, ...(entry.kind === "callback" ? { rootId: "" } : {}), vm: 1 };
      const args = entry.args.map((value) => (value instanceof Uint8Array ? { length: value.length } : value));
      return { ...entry, vm: 1, args, results: [] };
    });
}
