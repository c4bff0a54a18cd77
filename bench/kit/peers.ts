import { execFileSync } from "node:child_process";
import { copyFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { buildFilter } from "../../cli/src/build/index.ts";

/** The ways of writing a Wasm filter that are compared; each has a folder in bench/peers. */
export type PeerName = "ours" | "raw" | "gcore" | "solo";

/** An SDK of others: what to install, at fixed versions, and how its compiler is called. */
interface ForeignPeer {
  readonly packages: Readonly<Record<string, string>>;
  readonly asconfig: object;
  readonly compiler: string;
}

/** The options that the two get are those of our release target as far as their runtimes allow; `use` as they demand it. */
const optimized = { optimizeLevel: 3, shrinkLevel: 0, converge: true, noAssert: true };

const FOREIGN: Readonly<Record<"gcore" | "solo", ForeignPeer>> = {
  gcore: {
    packages: {
      "@gcoredev/proxy-wasm-sdk-as": "1.2.3",
      "@assemblyscript/wasi-shim": "0.1.0",
      assemblyscript: "0.28.20",
    },
    asconfig: {
      extends: "./node_modules/@assemblyscript/wasi-shim/asconfig.json",
      options: { ...optimized, use: ["abort=abort_proc_exit"] },
    },
    compiler: "asc.js",
  },
  // The newest release in the registry; it counts references by hand, which AssemblyScript has up to 0.17.
  solo: {
    packages: { "@solo-io/proxy-runtime": "0.1.8", assemblyscript: "0.17.14" },
    asconfig: { options: { ...optimized, use: ["abort=abort_proc_exit"] } },
    compiler: "asc",
  },
};

const root = join(import.meta.dirname, "..", "..");

/** The module of one peer's filter, built if need be; a string says why there is none. */
export async function peerModule(peer: PeerName, filter: string): Promise<{ file: string } | string> {
  const entry = join(root, "bench", "peers", peer, `${filter}.as.ts`);
  const file = join(root, ".build", "bench", "modules", peer, `${filter}.wasm`);
  if (peer === "gcore" || peer === "solo") return foreignModule(peer, entry, filter);
  const built = await buildFilter({ entry, outFile: file });
  return built.ok ? { file } : built.diagnostics.map(({ message }) => message).join("; ");
}

function foreignModule(peer: "gcore" | "solo", entry: string, filter: string): { file: string } | string {
  const folder = join(root, ".build", "bench", "peers", peer);
  const { asconfig, compiler } = FOREIGN[peer];
  try {
    install(folder, FOREIGN[peer].packages);
    writeFileSync(join(folder, "asconfig.json"), JSON.stringify(asconfig));
    copyFileSync(entry, join(folder, `${filter}.ts`));
    const asc = join("node_modules", "assemblyscript", "bin", compiler);
    const args = [asc, `${filter}.ts`, "--binaryFile", `${filter}.wasm`, "--config", "asconfig.json"];
    if (peer === "gcore") args.splice(2, 2, "--outFile", `${filter}.wasm`);
    execFileSync(process.execPath, args, { cwd: folder, stdio: "pipe" });
    return { file: join(folder, `${filter}.wasm`) };
  } catch (error) {
    return firstLine(error);
  }
}

/** Into a folder of its own: the workspace has no part in it. */
function install(folder: string, packages: Readonly<Record<string, string>>): void {
  const manifest = JSON.stringify({ private: true, dependencies: packages });
  const done = join(folder, "node_modules", ".sluice-installed");
  if (existsSync(done) && readFileSync(done, "utf8") === manifest) return;
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "package.json"), manifest);
  execFileSync("npm", ["install", "--no-audit", "--no-fund", "--ignore-scripts"], { cwd: folder, stdio: "pipe" });
  writeFileSync(done, manifest);
}

function firstLine(error: unknown): string {
  const words = typeof error === "object" && error !== null && "stderr" in error ? String(error.stderr) : String(error);
  return words.split("\n").find((line) => /error/i.test(line)) ?? words.split("\n")[0] ?? "no reason given";
}
