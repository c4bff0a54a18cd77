import { decodedMappings, sourceContentFor, TraceMap } from "@jridgewell/trace-mapping";
import { messageOf } from "../error.ts";

/** A place in a source. Line and column count from 1. */
export interface SourcePosition {
  /** As the source map names it: relative to where the compiler ran, or `~lib/...` for a library. */
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

/** Where a module's instructions come from. In a module's source map, the only line is the module and a column is an offset. */
export class SourceMap {
  readonly #map: TraceMap;
  /** By offset, for those at which a mapping begins. */
  #exact: ReadonlyMap<number, SourcePosition> | undefined;

  private constructor(map: TraceMap) {
    this.#map = map;
  }

  /** Reads a source map of version 3. A text is what the problem is, for one that is none. */
  static parse(text: string): SourceMap | string {
    try {
      const map = new TraceMap(text);
      decodedMappings(map);
      return new SourceMap(map);
    } catch (error) {
      return `no source map: ${messageOf(error)}`;
    }
  }

  /**
   * The place that an instruction comes from: that of the last mapping up to it, else of the first one behind it.
   * @param from where its function begins, and `to` where it ends: mappings outside belong to other functions
   */
  at(offset: number, from = 0, to: number = Number.POSITIVE_INFINITY): SourcePosition | undefined {
    const segments = decodedMappings(this.#map)[0] ?? [];
    let low = 0;
    let high = segments.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((segments[middle]?.[0] ?? 0) <= offset) low = middle + 1;
      else high = middle;
    }
    const inside = [segments[low - 1], segments[low]].find(
      (segment) => segment !== undefined && segment[0] >= from && segment[0] < to,
    );
    return inside === undefined ? undefined : this.#position(inside);
  }

  /** As `at`, only where a mapping begins. */
  exactly(offset: number): SourcePosition | undefined {
    this.#exact ??= new Map(
      (decodedMappings(this.#map)[0] ?? []).flatMap((segment) => {
        const position = this.#position(segment);
        return position === undefined ? [] : [[segment[0], position] as const];
      }),
    );
    return this.#exact.get(offset);
  }

  /** The whole text of a file, if the map brings it along. */
  content(file: string): string | undefined {
    return sourceContentFor(this.#map, this.#map.resolvedSources[this.#map.sources.indexOf(file)] ?? file) ?? undefined;
  }

  #position(segment: Readonly<readonly number[]>): SourcePosition | undefined {
    const [, source, line, column] = segment;
    const file = source === undefined ? undefined : this.#map.sources[source];
    return file === undefined || file === null || line === undefined || column === undefined
      ? undefined
      : { file, line: line + 1, column: column + 1 };
  }
}

/** `file:line:column`. */
export function positionText({ file, line, column }: SourcePosition): string {
  return `${file}:${line}:${column}`;
}
