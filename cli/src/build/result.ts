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
}

export interface BuiltModule {
  readonly ok: true;
  /** The entry's folder, or the file's name for an entry that is not an index.ts. */
  readonly name: string;
  readonly outFile: string;
  /** Bytes. */
  readonly size: number;
  /** Lower-case hex of the module's bytes. */
  readonly sha256: string;
  readonly milliseconds: number;
  /** True when the module was there already, made from the same inputs. */
  readonly upToDate: boolean;
  /** Warnings only. */
  readonly diagnostics: readonly BuildDiagnostic[];
}

export interface FailedModule {
  readonly ok: false;
  readonly name: string;
  readonly milliseconds: number;
  /** At least one error. */
  readonly diagnostics: readonly BuildDiagnostic[];
  /** What asc wrote, with the lines of source that it points at; empty when asc did not run. */
  readonly compilerOutput: string;
}

export type BuildResult = BuiltModule | FailedModule;

/** `file:line:column: error TS2322: message`. */
export function formatBuildDiagnostic(diagnostic: BuildDiagnostic): string {
  const { file, line, column, severity, code, message } = diagnostic;
  const position = [file, line, column].filter((part) => part !== undefined).join(":");
  return `${position ? `${position}: ` : ""}${severity} ${code}: ${message}`;
}
