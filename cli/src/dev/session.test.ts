import { cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { findEnvoy } from "@sluice/host";
import type { EnvoyBinary } from "@sluice/host";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { createBuilder } from "../build/index.ts";
import { PLAIN } from "../output/style.ts";
import { freePorts } from "../ports/free-ports.ts";
import { createTerminal } from "../output/terminal.ts";
import { Session } from "./session.ts";
import type { SessionOptions } from "./session.ts";
import type { Built, Source } from "./source.ts";

const repository = fileURLToPath(new URL("../../..", import.meta.url));
const TIMEOUT = 120_000;
const SDK = "proxy-wasm-assemblyscript-sdk";

const http = (answer: string, more = ""): string => `
import { Bytes, HeadersAction, HttpContext, log, LogLevel, PluginContext, registerPlugin, responseHeaders, utf8 } from "${SDK}";
class Stream extends HttpContext {
  onResponseHeaders(_count: u32, _end: bool): HeadersAction {
    responseHeaders.add(utf8("answer"), utf8("${answer}"));
    log(LogLevel.Warn, "said ${answer}");
    return HeadersAction.Continue;
  }
}
class Plugin extends PluginContext {
  ${more}
  createHttpContext(): HttpContext | null { return new Stream(); }
}
registerPlugin(() => new Plugin());
`;

const tcp = (answer: string): string => `
import { DataAction, downstreamData, PluginContext, registerPlugin, TcpContext, utf8 } from "${SDK}";
class Connection extends TcpContext {
  onDownstreamData(size: u32, _end: bool): DataAction {
    downstreamData.replace(utf8("${answer}"));
    return DataAction.Continue;
  }
}
class Plugin extends PluginContext {
  createTcpContext(): TcpContext { return new Connection(); }
}
registerPlugin(() => new Plugin());
`;

const SOURCES: Readonly<Record<string, string>> = {
  one: http("one"),
  two: http("two"),
  refuses: http("never", "onConfigure(_configuration: Bytes): bool { return false; }"),
  "tcp-one": tcp("one"),
  "tcp-two": tcp("two"),
};

const found = await findEnvoy({ log: () => undefined });
/** Where Envoy is an image only they are left out; in CI every test must run. */
const leftOut = found.kind !== "binary" && process.env["CI"] !== "true";
const modules = new Map<string, Uint8Array>();
let folder: string;
let envoy: EnvoyBinary;
let session: Session | undefined;

beforeAll(async () => {
  if (leftOut) return;
  if (found.kind !== "binary") throw new Error("these tests need Envoy as a binary: set SLUICE_ENVOY to one");
  envoy = found;
  folder = await mkdtemp(path.join(tmpdir(), "dev-test-"));
  await mkdir(path.join(folder, "assembly"));
  await cp(path.join(repository, "asconfig.json"), path.join(folder, "asconfig.json"));
  await symlink(path.join(repository, "node_modules"), path.join(folder, "node_modules"));
  const builder = createBuilder();
  for (const [name, text] of Object.entries(SOURCES)) {
    const entry = path.join(folder, "assembly", `${name}.ts`);
    const outFile = path.join(folder, `${name}.wasm`);
    await writeFile(entry, text);
    const built = await builder.build({ entry, outFile, target: "debug" });
    if (!built.ok) throw new Error(JSON.stringify(built.diagnostics));
    modules.set(name, await readFile(outFile));
  }
  await builder.close();
}, TIMEOUT);

afterEach(async () => {
  await session?.close();
  session = undefined;
});

afterAll(async () => {
  if (!leftOut) await rm(folder, { recursive: true });
});

/** A source whose next build is whatever the test wants: one of the modules, or a problem. */
interface Scripted extends Source {
  next: string;
}

function scripted(next: string): Scripted {
  return {
    name: "scripted",
    folder,
    next,
    build() {
      const module = modules.get(this.next);
      const built: Built = module ? { ok: true, inputs: [], module } : { ok: false, inputs: [], problems: this.next };
      return Promise.resolve(built);
    },
    close: () => Promise.resolve(),
  };
}

interface Opened {
  readonly session: Session;
  readonly source: Scripted;
  readonly port: number;
  readonly output: () => string;
}

async function open(first: string, more: Partial<SessionOptions> = {}): Promise<Opened> {
  const [port = 0] = await freePorts(1);
  const source = scripted(first);
  let written = "";
  const terminal = createTerminal({ write: (text) => (written += text) }, PLAIN);
  const opened = await Session.open({
    source,
    port,
    terminal,
    envoy,
    container: false,
    clusters: [],
    rootId: "",
    level: "info",
    configuration: () => Promise.resolve(new Uint8Array()),
    onInputs: () => undefined,
    ...more,
  });
  session = opened;
  await opened.refresh("built");
  return { session: opened, source, port, output: () => written };
}

async function ask(port: number): Promise<string> {
  const response = await fetch(`http://127.0.0.1:${port}/some/path`);
  await response.arrayBuffer();
  return `${response.status} ${response.headers.get("answer")}`;
}

/** What comes back for a few bytes on a new connection. */
function exchange(port: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: "127.0.0.1" }, () => socket.write("hello"));
    socket.once("data", (bytes) => {
      resolve(bytes.toString());
      socket.destroy();
    });
    socket.once("error", reject);
  });
}

describe.skipIf(leftOut)("a session of sluice dev, in a real Envoy", () => {
  it("exchanges the module under load: each request is answered by the old code or the new", async () => {
    const { session: running, source, port, output } = await open("one");
    expect(await ask(port)).toBe("200 one");
    const answers = new Set<string>();
    let stopped = false;
    const load = Promise.all(
      Array.from({ length: 4 }, async () => {
        while (!stopped) answers.add(await ask(port));
      }),
    );
    for (const next of ["two", "one", "two", "one", "two", "one"]) {
      source.next = next;
      await running.refresh("saved");
      const seen = await ask(port);
      expect(seen).toBe(`200 ${next}`);
    }
    stopped = true;
    await load;
    expect([...answers].toSorted()).toEqual(["200 one", "200 two"]);
    expect(output()).toMatch(/saved: \d+\.\d KB, live after /);
    await expect.poll(output).toMatch(/^warning {2}said two$/m);
  });

  it("keeps the last good module, and tells a problem once", async () => {
    const { session: running, source, port, output } = await open("one");
    source.next = "file.ts:1:2: error";
    await running.refresh("saved");
    await running.refresh("saved");
    expect(output().match(/file\.ts:1:2: error/g)).toHaveLength(1);
    expect(output()).toContain("the last good module goes on running");
    source.next = "refuses";
    await running.refresh("saved");
    expect(output()).toMatch(/Failed to configure[^]*Envoy rejects the module/);
    expect(await ask(port)).toBe("200 one");
    source.next = "two";
    await running.refresh("saved");
    expect(await ask(port)).toBe("200 two");
  });

  it("waits for a good module where the first is not", { timeout: TIMEOUT }, async () => {
    const { session: running, source, port, output } = await open("refuses");
    expect(output()).toContain("nothing runs yet");
    source.next = "one";
    await running.refresh("saved");
    expect(await ask(port)).toBe("200 one");
  });

  it("shows a new configuration and the next level", async () => {
    let text = "a";
    const { session: running, output } = await open("one", {
      configuration: () =>
        text === "" ? Promise.reject(new Error("no such file")) : Promise.resolve(Buffer.from(text)),
    });
    text = "";
    await running.refresh("config.json");
    expect(output()).toContain("no such file");
    text = "b";
    await running.nextLevel();
    expect(output()).toContain("log level debug");
  });

  it("stands in front of a TCP server too", async () => {
    const { session: running, source, port, output } = await open("tcp-one");
    expect(await exchange(port)).toBe("one");
    source.next = "tcp-two";
    await running.refresh("saved");
    expect(await exchange(port)).toBe("two");
    source.next = "one";
    await running.refresh("saved");
    expect(output()).toContain("the filter has become one for HTTP: start sluice dev anew");
    expect(await exchange(port)).toBe("two");
  });

  it("fails when Envoy ends by itself, and leaves nothing when it is closed", async () => {
    const { session: running, port, output } = await open("one");
    const admin = /admin interface: (\S+)/.exec(output())?.[1];
    await fetch(`${admin}/quitquitquit`, { method: "POST" });
    await expect(running.failed).rejects.toThrow("Envoy has ended by itself");
    await running.close();
    await expect(ask(port)).rejects.toThrow("fetch failed");
  });
});
