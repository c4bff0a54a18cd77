import type { Excerpt } from "./excerpt.ts";

/** Which set of options of asconfig.json a module is compiled with. */
export type BuildTarget = "release" | "debug";

/** What a compile or a check has to say. */
export interface BuildDiagnostic {
  readonly severity: "error" | "warning";
  /** asc's number (`TS2322`, `AS100`), or `ABI` for a check of the finished module, `BUILD` for the build itself. */
  readonly code: string;
  readonly message: string;
  /** Relative to the root, or `~lib/...` for a library. Line and column count from 1. */
  readonly file?: string;
  readonly line?: number;
  readonly column?: number;
  readonly excerpt?: Excerpt;
}

export interface BuiltModule {
  readonly ok: true;
  /** That of the module's file, without its ending. */
  readonly name: string;
  readonly outFile: string;
  /** Bytes. */
  readonly size: number;
  /** Of the module of the same target that was at `outFile` before; undefined for the first build. */
  readonly previousSize?: number;
  /** Lower-case hex of the module's bytes. */
  readonly sha256: string;
  readonly milliseconds: number;
  /** True when the module was there already, made from the same inputs. */
  readonly upToDate: boolean;
  /** Warnings only. */
  readonly diagnostics: readonly BuildDiagnostic[];
  /** Absolute paths of the files that the module is made from. */
  readonly inputs: readonly string[];
  /** Names of its functions by index; a release module has none in itself. */
  readonly functionNames: ReadonlyMap<number, string>;
}

export interface FailedModule {
  readonly ok: false;
  readonly name: string;
  readonly milliseconds: number;
  /** At least one error. */
  readonly diagnostics: readonly BuildDiagnostic[];
  /** What asc wrote, with the lines of source that it points at; empty when asc did not run. */
  readonly compilerOutput: string;
  /** The files that were read until then: one of them has to change before another build is any use. */
  readonly inputs: readonly string[];
}

export type BuildResult = BuiltModule | FailedModule;

/** `file:line:column: error TS2322: message`. */
export function formatBuildDiagnostic(diagnostic: BuildDiagnostic): string {
  const { file, line, column, severity, code, message } = diagnostic;
  const position = [file, line, column].filter((part) => part !== undefined).join(":");
  return `${position ? `${position}: ` : ""}${severity} ${code}: ${message}`;
}
