import type { CoverageCollector, CoveredModule } from "./collector.ts";

interface Location {
  readonly line: number;
  readonly column: number;
}
interface Range {
  readonly start: Location;
  readonly end: Location;
}

/** A file's coverage in Istanbul's format; a statement is a line, and there are no branches. */
export interface FileCoverage {
  readonly path: string;
  readonly statementMap: Record<string, Range>;
  readonly fnMap: Record<string, { name: string; decl: Range; loc: Range; line: number }>;
  readonly branchMap: Record<string, never>;
  readonly s: Record<string, number>;
  readonly f: Record<string, number>;
  readonly b: Record<string, never>;
}

/** What is in a `coverage-final.json`, by path. */
export type CoverageMap = Record<string, FileCoverage>;

/** A file's lines and functions while they are added up. */
interface Counted {
  readonly lines: Map<number, number>;
  /** By name and line, since AssemblyScript compiles a generic function once for each of its types. */
  readonly functions: Map<string, { name: string; line: number; lastLine: number; count: number }>;
  readonly text: readonly string[];
}

/**
 * What all modules have run so far, by file.
 * @param pathOf the path under which a file of a source map is reported
 */
export function istanbulCoverage(collector: CoverageCollector, pathOf: (file: string) => string): CoverageMap {
  const files = new Map<string, Counted>();
  for (const { module, counts } of collector.totals()) addModule(files, module, counts);
  const covered = [...files].map(([file, counted]) => [pathOf(file), fileCoverage(pathOf(file), counted)] as const);
  return Object.fromEntries(covered.toSorted(([one], [other]) => (one < other ? -1 : 1)));
}

/** A line may have several counters in a function, one in each branch: it has run as often as the one that ran most. */
function addModule(files: Map<string, Counted>, module: CoveredModule, counts: readonly number[]): void {
  const inFunction = new Map<string, number>();
  for (const [index, { position, order }] of module.points.entries()) {
    const file = fileOf(files, module, position.file);
    const count = counts[index] ?? 0;
    const key = `${order} ${position.file} ${position.line}`;
    const before = inFunction.get(key) ?? 0;
    const now = Math.max(before, count);
    inFunction.set(key, now);
    file.lines.set(position.line, (file.lines.get(position.line) ?? 0) + now - before);
    addFunction(file, module, order, position.line, count);
  }
}

/** The first counter of a function is at its first line, so its count is how often it was called. */
function addFunction(file: Counted, module: CoveredModule, order: number, line: number, count: number): void {
  const name = module.source.functions[order]?.name ?? `function ${order}`;
  const key = `${order} ${name}`;
  const held = file.functions.get(key);
  if (held === undefined) file.functions.set(key, { name: shortName(name), line, lastLine: line, count });
  else held.lastLine = Math.max(held.lastLine, line);
}

/** `assembly/index/Filter#onRequestHeaders` is `Filter#onRequestHeaders`. */
function shortName(name: string): string {
  return name.slice(name.lastIndexOf("/") + 1);
}

function fileOf(files: Map<string, Counted>, module: CoveredModule, file: string): Counted {
  const held = files.get(file);
  if (held !== undefined) return held;
  const text = module.sourceMap.content(file)?.split("\n") ?? [];
  const made: Counted = { lines: new Map(), functions: new Map(), text };
  files.set(file, made);
  return made;
}

function fileCoverage(path: string, { lines, functions, text }: Counted): FileCoverage {
  const range = (first: number, last = first): Range => ({
    start: { line: first, column: indentOf(text[first - 1]) },
    end: { line: last, column: text[last - 1]?.length ?? 0 },
  });
  const sorted = [...lines].toSorted(([one], [other]) => one - other);
  const called = [...functions.values()].toSorted((one, other) => one.line - other.line);
  return {
    path,
    statementMap: Object.fromEntries(sorted.map(([line], index) => [String(index), range(line)])),
    s: Object.fromEntries(sorted.map(([, count], index) => [String(index), count])),
    fnMap: Object.fromEntries(
      called.map(({ name, line, lastLine }, index) => [
        String(index),
        { name, decl: range(line), loc: range(line, lastLine), line },
      ]),
    ),
    f: Object.fromEntries(called.map(({ count }, index) => [String(index), count])),
    branchMap: {},
    b: {},
  };
}

function indentOf(line = ""): number {
  return line.length - line.trimStart().length;
}
