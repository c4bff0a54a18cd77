import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { afterAll, beforeAll, expect, test } from "vitest";
import { eventually } from "../kit/eventually.ts";
import { converse, object, serviceOf, TrafficMesh } from "./traffic/kit.ts";

// Policies, providers and routes of TCP services that change while connections are open and others are opened.

let mesh: TrafficMesh;

const db = (labels: string): string =>
  [
    object("WorkloadEntry", "db", `address: 127.0.0.1\nlabels: { app: db${labels} }\nports: { main: ${ports.one} }`),
    object(
      "ServiceEntry",
      "db",
      "hosts: [db.echo]\nports: [{ number: 3306, name: main, protocol: TCP }]\nlocation: MESH_INTERNAL\nresolution: STATIC\nworkloadSelector: { labels: { app: db } }",
    ),
  ].join("---\n");
const policy = (action: string, rules: string): string =>
  `apiVersion: security.istio.io/v1\nkind: AuthorizationPolicy\nmetadata: { name: db, namespace: echo }\nspec: { selector: { matchLabels: { app: db } }, action: ${action}, rules: [${rules}] }\n`;
const ports = { one: 0, two: 0 };

beforeAll(async () => {
  mesh = await TrafficMesh.create();
  [ports.one, ports.two] = [await mesh.tcpProgram("one"), await mesh.tcpProgram("two")];
  mesh.write("db.yaml", db(""));
  mesh.write("other.yaml", serviceOf("other.echo", "TCP", { two: ports.two }));
  await mesh.start();
});
afterAll(async () => {
  await mesh?.stop();
});

/** A connection that is open all along: what is said on it comes back. */
class Open {
  readonly #socket: Socket;
  #heard = "";
  #ended = false;

  constructor(port: number) {
    this.#socket = connect(port, "127.0.0.1");
    this.#socket.on("data", (chunk: Buffer) => (this.#heard += chunk.toString()));
    for (const event of ["close", "error"] as const) this.#socket.on(event, () => (this.#ended = true));
  }

  get ended(): boolean {
    return this.#ended;
  }

  async says(text: string): Promise<void> {
    if (this.#socket.connecting) await once(this.#socket, "connect");
    this.#socket.write(`${text}\n`);
    await eventually(`${text} comes back`, () => this.#heard.includes(`${text}\n`));
  }

  close(): void {
    this.#socket.destroy();
  }
}

/** Opens one connection after the other; each must reach a program. */
function openAllAlong(port: number): { stop(): Promise<{ count: number; failures: string[] }> } {
  let running = true;
  let count = 0;
  const failures: string[] = [];
  const worker = async (): Promise<void> => {
    while (running) {
      count += 1;
      try {
        const heard = await converse(port, "ping\n", /ping/);
        if (!/^(one|two)\nping/.test(heard)) failures.push(`heard ${JSON.stringify(heard)}`);
      } catch (error) {
        failures.push(String(error));
      }
    }
  };
  const workers = Promise.all([worker(), worker()]);
  return {
    stop: async () => {
      running = false;
      await workers;
      return { count, failures };
    },
  };
}

const toOther = object(
  "VirtualService",
  "db",
  "hosts: [db.echo]\ntcp: [{ route: [{ destination: { host: other.echo } }] }]",
);
const logByProvider = `apiVersion: telemetry.istio.io/v1
kind: Telemetry
metadata: { name: logs, namespace: echo }
spec: { accessLogging: [{ providers: [{ name: file }] }] }
`;
const provider = "extensionProviders: [{ name: file, envoyFileAccessLog: { path: /dev/null } }]\n";

/** What is done, to which file. All but the policies change listeners, whose old versions drain. */
const edits: readonly (readonly [name: string, file: string, text: string])[] = [
  ["a policy that allows", "policy.yaml", policy("ALLOW", "{ to: [{ operation: { notPorts: ['1'] } }] }")],
  ["another rule in it", "policy.yaml", policy("ALLOW", "{ from: [{ source: { ipBlocks: [127.0.0.0/8] } }] }")],
  ["an access log for the whole mesh", "mesh.yaml", "accessLogFile: /dev/null\n"],
  ["a format of its own", "mesh.yaml", 'accessLogFile: /dev/null\naccessLogFormat: "%PROTOCOL%"\n'],
  ["no log, and a provider that nobody uses yet", "mesh.yaml", provider],
  ["a log by a provider", "telemetry.yaml", logByProvider],
  ["a route to another service", "route.yaml", toOther],
  ["no route any more", "route.yaml", ""],
  ["no log by a provider", "telemetry.yaml", ""],
];

test("open connections go on through every change, and no new one is refused", async () => {
  const port = mesh.tcpPort("db.echo");
  const open = [new Open(port)];
  await open[0]?.says("hello");
  const load = openAllAlong(port);
  const before = await modified();
  for (const [name, file, text] of edits) {
    await mesh.change(file, text);
    open.push(new Open(port));
    for (const each of open) await each.says(name);
  }
  // It would prove nothing if no listener had changed.
  expect(await modified()).toBeGreaterThanOrEqual(before + 5);
  const { count, failures } = await load.stop();
  expect(failures).toEqual([]);
  expect(count).toBeGreaterThan(20);
  expect(open.map(({ ended }) => ended)).toEqual(open.map(() => false));
  for (const each of open) each.close();
});

test("a policy that denies holds for new connections at once, and ends none that is open", async () => {
  const port = mesh.tcpPort("db.echo");
  const open = new Open(port);
  await open.says("before");
  await mesh.change("policy.yaml", policy("DENY", "{}"));
  await eventually(
    "new connections are closed",
    async () => !(await converse(port, "ping\n", /ping/).catch(() => "")).startsWith("one"),
  );
  await open.says("after");
  open.close();
  await mesh.change("policy.yaml", "");
  await eventually("they are let in again", async () => (await converse(port, "ping\n", /ping/)).startsWith("one"));
});

async function modified(): Promise<number> {
  const counts = await Promise.all(
    mesh.envoys.map(({ admin }) => admin.stats("listener_manager.listener_(modified|in_place_updated)")),
  );
  return counts.flatMap((stats) => [...stats.values()]).reduce((sum, each) => sum + each, 0);
}
