/**
 * docs/first-filter.md, walked: each command of the document is run, from the packed tarballs and an empty folder, and what
 * it prints must be what the document shows. With WALK_UPDATE=1 the document is written anew instead.
 */
import { execFile } from "node:child_process";
import { mkdtemp, readFile, realpath, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { homedir, tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, it } from "vitest";
import { comparable, consoleBlocks, withBlocks } from "./document.ts";
import { LongRunning, runInShell, userEnvironment } from "./terminals.ts";

const repository = fileURLToPath(new URL("../../..", import.meta.url));
const DOCUMENT = path.join(repository, "docs", "first-filter.md");
const UPDATE = process.env["WALK_UPDATE"] === "1";
const TIMEOUT = 300_000;
/** The port in the document; the walk takes one that is free. */
const SHOWN_PORT = "10000";

let folder: string;
let packages: string;
let dev: LongRunning | undefined;

const times: [string, number][] = [];

async function timed<T>(what: string, work: () => Promise<T>): Promise<T> {
  const started = performance.now();
  try {
    return await work();
  } finally {
    times.push([what, performance.now() - started]);
  }
}

beforeAll(async () => {
  folder = await realpath(await mkdtemp(path.join(tmpdir(), "walk-")));
  packages = path.join(folder, "packages");
  const script = path.join(repository, "scripts", "pack.mjs");
  await timed("(pack the three packages)", () => promisify(execFile)(process.execPath, [script, packages]));
}, TIMEOUT);

afterAll(async () => {
  dev?.kill();
  await rm(folder, { recursive: true, force: true });
});

it("docs/first-filter.md is what a user sees", { timeout: TIMEOUT }, async () => {
  const text = await readFile(DOCUMENT, "utf8");
  const port = String(await freePort());
  const walk = await Walk.begin(port);
  const shown: string[][] = [];
  for (const block of consoleBlocks(text)) {
    const lines = block.terminal === "dev" ? await walk.dev(block.lines) : await walk.shell(block.lines);
    shown.push(lines);
    if (!UPDATE)
      expect(comparable(lines), `line ${block.at + 1} of the document; WALK_UPDATE=1 writes it anew`).toEqual(
        comparable(block.lines),
      );
  }
  if (UPDATE) await writeFile(DOCUMENT, withBlocks(text, shown));
  process.stdout.write(`${report()}\n`);
  expect(await walk.stillAnswering()).toEqual([]);
  expect(await walk.importEverything()).toEqual({ code: 0, output: expect.stringMatching(/^\d+ imported\n$/) });
});

/** What needs a package that the project may do without is passed over, and so is what works within Vitest only. */
const IMPORT_EVERYTHING = `
import { readFileSync } from "node:fs";
let imported = 0;
for (const name of process.argv.slice(2)) {
  const manifest = JSON.parse(readFileSync(\`node_modules/\${name}/package.json\`, "utf8"));
  const optional = Object.keys(manifest.peerDependencies ?? {});
  for (const key of Object.keys(manifest.exports).filter((each) => !/package.json|testing|coverage/.test(each))) {
    try {
      await import(name + key.slice(1));
      imported += 1;
    } catch (error) {
      if (!optional.some((peer) => error.message.includes(\`'\${peer}'\`))) throw error;
    }
  }
}
console.log(imported + " imported");
`;

/** One user with two terminals. */
class Walk {
  readonly #port: string;
  readonly #env: NodeJS.ProcessEnv;
  readonly #home: string;
  #folder: string;
  #admin: string | undefined;

  private constructor(home: string, port: string) {
    this.#home = home;
    this.#folder = home;
    this.#port = port;
    this.#env = userEnvironment({ SLUICE_PACKAGES: packages });
  }

  static async begin(port: string): Promise<Walk> {
    return new Walk(await mkdtemp(path.join(folder, "empty-")), port);
  }

  /** Runs the commands of a block; the lines that it should have. */
  async shell(lines: readonly string[]): Promise<string[]> {
    const result: string[] = [];
    for (const line of lines.filter((candidate) => candidate.startsWith("$ "))) {
      const command = line.slice(2);
      result.push(line, ...(await this.#run(command)));
    }
    return result;
  }

  async #run(command: string): Promise<string[]> {
    const target = /^cd (\S+)$/.exec(command)?.[1];
    if (target !== undefined) {
      this.#folder = path.join(this.#folder, target);
      return [];
    }
    const real = command.replaceAll(SHOWN_PORT, this.#port);
    const { code, output } = await timed(command, () => runInShell(real, this.#folder, this.#env));
    if (code !== 0) throw new Error(`${command} has ended with ${code}:\n${output}`);
    return output.trim() === "" ? [] : this.#asShown(output.trim().split("\n"));
  }

  /** What `sluice dev` prints: after its start, after a change made in the other terminal, or after Ctrl-C. */
  async dev(lines: readonly string[]): Promise<string[]> {
    const [first] = lines;
    const begins = first?.startsWith("$ ") === true;
    const ends = first === "^C";
    if (begins) dev = new LongRunning(`exec ${first.slice(2)} --port ${this.#port}`, this.#folder, this.#env);
    if (dev === undefined) throw new Error("the document has output of sluice dev before it is started");
    const running = dev;
    if (ends) await timed("Ctrl-C", () => running.interrupt());
    const last = comparable(lines).at(-1);
    const isLast = (line: string): boolean => comparable(this.#asShown([line]))[0] === last;
    const what = begins ? first.slice(2) : "(the saved change runs)";
    const more = await timed(ends ? "(its last words)" : what, () => running.next(UPDATE ? undefined : isLast));
    if (begins) this.#admin = more.map((line) => /admin interface: (\S+)/.exec(line)?.[1]).find(Boolean);
    return [...(first !== undefined && (begins || ends) ? [first] : []), ...this.#asShown(more)];
  }

  /** Every export of the packages, as the project that has them installed sees it. */
  async importEverything(): Promise<{ readonly code: number | null; readonly output: string }> {
    const script = path.join(this.#folder, "import-everything.mjs");
    await writeFile(script, IMPORT_EVERYTHING);
    return await runInShell(`node ${script} @sluice/host sluice`, this.#folder, this.#env);
  }

  /** What `sluice dev` has left running: its Envoy's listener and admin interface, where they answer. */
  async stillAnswering(): Promise<string[]> {
    if (this.#admin === undefined) throw new Error("sluice dev has told no admin interface");
    const urls = [this.#admin, `http://127.0.0.1:${this.#port}`];
    const answers = await Promise.allSettled(urls.map((url) => fetch(url)));
    return urls.filter((_, index) => answers[index]?.status === "fulfilled");
  }

  #asShown(lines: readonly string[]): string[] {
    return lines.map((line) =>
      line
        .replaceAll(this.#home, "~")
        .replaceAll(packages, "$SLUICE_PACKAGES")
        .replaceAll(homedir(), "~")
        .replaceAll(`:${this.#port}`, `:${SHOWN_PORT}`)
        .trimEnd(),
    );
  }
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const { port } = server.address() as AddressInfo;
  await new Promise((done) => server.close(done));
  return port;
}

function report(): string {
  const seconds = (ms: number): string => `${(ms / 1000).toFixed(1).padStart(6)} s`;
  const steps = times.filter(([what]) => !what.startsWith("(pack"));
  const inEnvoy = steps.findIndex(([what]) => what.endsWith("sluice dev")) + 1;
  const total = (list: readonly [string, number][]): number => list.reduce((sum, [, ms]) => sum + ms, 0);
  const rows = times.map(([what, ms]) => `${seconds(ms)}  ${what}`);
  return [
    "docs/first-filter.md, step by step",
    ...rows,
    `${seconds(total(steps.slice(0, inEnvoy)))}  from the empty folder to a filter in Envoy`,
  ].join("\n");
}
