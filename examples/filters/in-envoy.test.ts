import { mkdtempSync, rmSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { type RunningEnvoy, type Sample, startEnvoyProcess } from "@sluice/host";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { envoyForTest } from "../../host/src/fixtures/real-envoy.ts";
import { exampleModule } from "./build-example.ts";
import { type Example, examplesConfig } from "./envoy-config.ts";
import { newIssuer } from "./jwt/tokens.ts";
import { authority, echo, startUpstream } from "./upstream.ts";

const UPSTREAM_PORT = 21_000;
const AUTH_PORT = 21_001;
const PORTS = {
  "add-header": 21_010,
  metrics: 21_011,
  "ab-routing": 21_012,
  "auth-call-out": 21_013,
  jwt: 21_014,
  "rate-limit": 21_015,
  "body-rewrite": 21_016,
  "tcp-inspection": 21_017,
} as const;
type Name = keyof typeof PORTS;

const issuer = newIssuer();
const variant = (name: string, match: object): object => ({
  match: { prefix: "/", ...match },
  direct_response: { status: 200, body: { inline_string: name } },
});
const isB = { headers: [{ name: "x-variant", string_match: { exact: "b" } }] };
const SETTINGS: Partial<Record<Name, Partial<Example>>> = {
  "ab-routing": { configuration: '{"percent": 50}', routes: [variant("b", isB), variant("a", {})] },
  jwt: { configuration: issuer.publicKey },
  "rate-limit": { configuration: '{"perSecond": 1, "burst": 3}' },
  "tcp-inspection": { tcp: true },
};

// Without an Envoy on this machine there is nothing to run in; CI must have one.
const binary = await envoyForTest(() => {}).catch((error: unknown) => {
  if (process.env["CI"] === "true") throw error;
  return undefined;
});
// Here, where no time-out runs: they are all compiled anew when the SDK has changed.
const built = binary === undefined ? [] : await allExamples();

describe.skipIf(binary === undefined)("the example filters in a real Envoy", () => {
  const folder = mkdtempSync(join(tmpdir(), "sluice-examples-"));
  const started: { readonly stop: () => Promise<void> }[] = [];
  let envoy: RunningEnvoy;

  beforeAll(async () => {
    started.push(await startUpstream(UPSTREAM_PORT, echo), await startUpstream(AUTH_PORT, authority));
    envoy = await startEnvoyProcess({
      binary: binary?.path ?? "envoy",
      config: examplesConfig(built, { upstream: UPSTREAM_PORT, auth: AUTH_PORT }),
      logFile: join(folder, "envoy.log"),
      ready: { listeners: Object.keys(PORTS).length },
    });
    started.push(envoy);
  }, 60_000);

  afterAll(async () => {
    await Promise.all(started.map(async (each) => await each.stop()));
    rmSync(folder, { recursive: true, force: true });
  });

  test("add-header: every response has the header", async () => {
    expect((await get("add-header")).headers.get("hello")).toBe("world");
  });

  test("metrics: counted by status class, with its tag", async () => {
    await get("metrics");
    await get("metrics");
    const counted = async (): Promise<readonly Sample[]> =>
      (await envoy.admin.prometheus("example_requests")).filter(({ value }) => value > 0);
    const samples = await eventually(counted, ([sample]) => sample?.value === 2);
    expect(samples).toEqual([{ name: "example_requests", labels: { status_class: "2xx" }, value: 2 }]);
  });

  test("ab-routing: both variants are reached, and a user stays with one", async () => {
    const ask = async (user: number): Promise<string> =>
      await (await get("ab-routing", { "x-user": `user-${user}` })).text();
    const users = Array.from({ length: 20 }, (_, index) => index);
    const first = await Promise.all(users.map(ask));
    expect(new Set(first)).toEqual(new Set(["a", "b"]));
    expect(await Promise.all(users.map(ask))).toEqual(first);
  });

  test("auth-call-out: lets in whom the service knows, under the name that it gives", async () => {
    const known = await get("auth-call-out", { authorization: "Bearer jason", "x-user": "admin" });
    expect(known.status).toBe(200);
    expect(await known.json()).toMatchObject({ "x-user": "jason" });
    expect((await get("auth-call-out", { authorization: "Bearer eve" })).status).toBe(403);
    expect((await get("auth-call-out")).status).toBe(403);
  });

  test("jwt: a valid token passes; a forged, an expired and none do not", async () => {
    const now = Math.floor(Date.now() / 1000);
    const withToken = async (token: string): Promise<string> => {
      const response = await get("jwt", { authorization: `Bearer ${token}` });
      return `${response.status} ${response.status === 200 ? "" : await response.text()}`.trim();
    };
    expect(await withToken(issuer.sign({ exp: now + 60 }))).toBe("200");
    expect(await withToken(newIssuer().sign({ exp: now + 60 }))).toBe("401 forged");
    expect(await withToken(issuer.sign({ exp: now - 60 }))).toBe("401 expired");
    expect((await get("jwt")).status).toBe(401);
  });

  test("rate-limit: a burst passes, what comes at once after it does not", async () => {
    const answers = await Promise.all(Array.from({ length: 5 }, async () => await get("rate-limit")));
    expect(answers.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([200, 200, 200, 429, 429]);
  });

  test("body-rewrite: a card number is masked on its way", async () => {
    expect(await (await get("body-rewrite", {}, "/card")).text()).toBe("card ************5678 of jason");
  });

  test("tcp-inspection: HTTP passes, SSH is closed, TLS is counted", async () => {
    expect((await get("tcp-inspection")).status).toBe(200);
    expect(await exchange("SSH-2.0-OpenSSH\r\n")).toBe("");
    await exchange(Buffer.from([22, 3, 1, 0, 5, 1, 0, 0, 1, 0]));
    const stats = await eventually(
      async () => await envoy.admin.stats("example_connections"),
      (found) => (found.get("wasmcustom.example_connections_tls") ?? 0) > 0,
    );
    expect([...stats.values()]).toEqual([1, 1]);
  });
});

async function allExamples(): Promise<readonly Example[]> {
  const examples: Example[] = [];
  for (const [name, port] of Object.entries(PORTS)) {
    const settings = Object.entries(SETTINGS).find(([key]) => key === name)?.[1];
    examples.push({ name, port, module: await exampleModule(name), ...settings });
  }
  return examples;
}

async function get(name: Name, headers: Record<string, string> = {}, path = "/"): Promise<Response> {
  return await fetch(`http://127.0.0.1:${PORTS[name]}${path}`, { headers });
}

/** What comes back on a connection for some bytes, until it is closed. */
async function exchange(bytes: string | Buffer): Promise<string> {
  return await new Promise((resolve, reject) => {
    let received = "";
    const socket = connect(PORTS["tcp-inspection"], "127.0.0.1", () => socket.end(bytes));
    socket.setEncoding("latin1").on("data", (chunk: string) => (received += chunk));
    socket.on("error", reject).on("close", () => resolve(received));
  });
}

/** What is counted at a request's end shows a moment after its answer. */
async function eventually<T>(read: () => Promise<T>, wanted: (value: T) => boolean): Promise<T> {
  for (let tries = 0; tries < 50; tries += 1) {
    const value = await read();
    if (wanted(value)) return value;
    await sleep(100);
  }
  return await read();
}
