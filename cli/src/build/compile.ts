import { readFile } from "node:fs/promises";
import path from "node:path";
import type * as Asc from "assemblyscript/asc";
import { excerptOf, positionOf } from "./excerpt.ts";
import type { BuildDiagnostic, BuildTarget } from "./result.ts";
import { sha256 } from "./sha256.ts";

/** What to compile; plain data, so that it can go to a worker thread. Paths are absolute. */
export interface CompileRequest {
  readonly root: string;
  readonly configFile: string;
  readonly entry: string;
  readonly target: BuildTarget;
  /** The module's file name, which its source map refers to. */
  readonly outName: string;
}

export interface CompileOutcome {
  /** With names and the source map's address; absent when there was an error. */
  readonly binary?: Uint8Array<ArrayBuffer>;
  readonly sourceMap?: string;
  readonly diagnostics: readonly BuildDiagnostic[];
  readonly compilerOutput: string;
  /** What the module is made from: sha256 of each file as asc read it, by absolute path. */
  readonly inputs: ReadonlyMap<string, string>;
}

/** asc's DiagnosticCategory. */
const WARNING = 2;
const ERROR = 3;
/** asc numbers its own messages below TypeScript's. */
const FIRST_TYPESCRIPT_CODE = 1000;

/** Runs asc on one entry. Writes nothing: the module comes back as bytes. */
export async function compile(asc: typeof Asc, request: CompileRequest): Promise<CompileOutcome> {
  const { root, outName } = request;
  const texts = new Map<string, string>();
  const diagnostics: BuildDiagnostic[] = [];
  const written = new Map<string, Uint8Array | string>();
  const stderr = asc.createMemoryStream();
  const { error } = await asc.main(argumentsOf(request), {
    stdout: asc.createMemoryStream(),
    stderr,
    readFile: async (name, baseDir) => {
      const file = path.resolve(baseDir, name);
      const text = await readFile(file, "utf8").catch(() => null);
      if (text !== null) texts.set(file, text);
      return text;
    },
    writeFile: (name, contents) => void written.set(name, contents),
    listFiles: () => [],
    reportDiagnostic: (reported) => {
      const diagnostic = toDiagnostic(reported, (file) => sourceText(file, root, texts));
      if (diagnostic) diagnostics.push(diagnostic);
    },
  });
  if (error && !diagnostics.some(({ severity }) => severity === "error")) {
    diagnostics.push({ severity: "error", code: "BUILD", message: error.message });
  }
  const binary = written.get(outName);
  const sourceMap = written.get(`${outName}.map`);
  return {
    ...(error || binary === undefined || typeof binary === "string" ? {} : { binary: Uint8Array.from(binary) }),
    ...(error || typeof sourceMap !== "string" ? {} : { sourceMap }),
    diagnostics,
    compilerOutput: stderr.toString(),
    inputs: new Map([...texts].map(([file, text]) => [file, sha256(text)])),
  };
}

/** Names and a source map always: they make no other code, and what ships is stripped of them afterwards. */
function argumentsOf({ root, configFile, entry, target, outName }: CompileRequest): string[] {
  const files = [entry, "--baseDir", root, "--config", configFile, "--outFile", outName];
  return [...files, "--target", target, "--debug", "--sourceMap", "--noColors"];
}

/** A library's file is read through a folder of node_modules: asc names it by its package. */
function sourceText(file: string, root: string, texts: ReadonlyMap<string, string>): string | undefined {
  const inLibrary = path.join("node_modules", file.replace(/^~lib\//, ""));
  return texts.get(path.resolve(root, file)) ?? texts.get(path.resolve(root, inLibrary));
}

function toDiagnostic(
  reported: Asc.DiagnosticMessage,
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
    ...(range && text !== undefined
      ? { ...positionOf(text, range.start), excerpt: excerptOf(text, range.start, range.end) }
      : {}),
  };
}
