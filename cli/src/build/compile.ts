import { readFile } from "node:fs/promises";
import path from "node:path";
import * as asc from "assemblyscript/asc";
import type { BuildDiagnostic, BuildTarget } from "./result.ts";
import { sha256 } from "./sha256.ts";

/** What to compile; plain data, so that it can go to a worker thread. Paths are absolute. */
export interface CompileRequest {
  readonly root: string;
  readonly configFile: string;
  readonly entry: string;
  readonly target: BuildTarget;
}

export interface CompileOutcome {
  /** Absent when there was an error. */
  readonly binary?: Uint8Array;
  readonly diagnostics: readonly BuildDiagnostic[];
  readonly compilerOutput: string;
  /** What the module is made from: sha256 of each file as asc read it, by absolute path. */
  readonly inputs: ReadonlyMap<string, string>;
}

const OUT_FILE = "module.wasm";
/** asc's DiagnosticCategory. */
const WARNING = 2;
const ERROR = 3;
/** asc numbers its own messages below TypeScript's. */
const FIRST_TYPESCRIPT_CODE = 1000;

/** Runs asc on one entry. Writes nothing: the module comes back as bytes. */
export async function compile(request: CompileRequest): Promise<CompileOutcome> {
  const { root, configFile, entry, target } = request;
  const texts = new Map<string, string>();
  const diagnostics: BuildDiagnostic[] = [];
  let binary: Uint8Array | undefined;
  const args = [
    entry,
    "--baseDir",
    root,
    "--config",
    configFile,
    "--target",
    target,
    "--outFile",
    OUT_FILE,
    "--noColors",
  ];
  const stderr = asc.createMemoryStream();
  const { error } = await asc.main(args, {
    stdout: asc.createMemoryStream(),
    stderr,
    readFile: async (name, baseDir) => {
      const file = path.resolve(baseDir, name);
      const text = await readFile(file, "utf8").catch(() => null);
      if (text !== null) texts.set(file, text);
      return text;
    },
    writeFile: (name, contents) => {
      if (name === OUT_FILE && typeof contents !== "string") binary = contents;
    },
    listFiles: () => [],
    reportDiagnostic: (reported) => {
      const diagnostic = toDiagnostic(reported, (file) => sourceText(file, root, texts));
      if (diagnostic) diagnostics.push(diagnostic);
    },
  });
  if (error && !diagnostics.some(({ severity }) => severity === "error")) {
    diagnostics.push({ severity: "error", code: "BUILD", message: error.message });
  }
  return {
    ...(binary && !error ? { binary } : {}),
    diagnostics,
    compilerOutput: stderr.toString(),
    inputs: new Map([...texts].map(([file, text]) => [file, sha256(text)])),
  };
}

/** A library's file is read through a folder of node_modules: asc names it by its package. */
function sourceText(file: string, root: string, texts: ReadonlyMap<string, string>): string | undefined {
  const inLibrary = path.join("node_modules", file.replace(/^~lib\//, ""));
  return texts.get(path.resolve(root, file)) ?? texts.get(path.resolve(root, inLibrary));
}

function toDiagnostic(
  reported: asc.DiagnosticMessage,
  textOf: (file: string) => string | undefined,
): BuildDiagnostic | undefined {
  const { category, code, message, range } = reported;
  if (category !== ERROR && category !== WARNING) return undefined;
  const file = range?.source?.normalizedPath;
  const text = file === undefined ? undefined : textOf(file);
  return {
    severity: category === ERROR ? "error" : "warning",
    code: `${code < FIRST_TYPESCRIPT_CODE ? "AS" : "TS"}${code}`,
    // The SDK's transform reports under asc's number for messages of users.
    message: message.replace(/^User-defined: /, ""),
    ...(file === undefined ? {} : { file }),
    ...(range && text !== undefined ? positionOf(text, range.start) : {}),
  };
}

function positionOf(text: string, offset: number): { line: number; column: number } {
  const before = text.slice(0, offset);
  return { line: before.split("\n").length, column: offset - before.lastIndexOf("\n") };
}
