import { afterEach, beforeAll, describe, expect, test } from "vitest";
import type { FaultInjection, FaultStatus } from "../../controlplane/src/model/fault-injection.ts";
import { bundlePrograms, compileFault, compileHeaders } from "../../controlplane/src/policy/index.ts";
import { faultInjection } from "./models.ts";
import { buildModules, filter, startEnvoy } from "./real-envoy.ts";
import type { EnvoyUnderTest } from "./real-envoy.ts";

// What a FaultInjection does in a real Envoy, in front of a program that answers 200 with the request as JSON.

const ports = { envoy: 20_931, program: 20_932 };
const ALWAYS = 1_000_000;
let running: EnvoyUnderTest | undefined;

beforeAll(buildModules, 60_000);
afterEach(async () => {
  await running?.stop();
  running = undefined;
});

async function start(...injections: readonly FaultInjection[]): Promise<EnvoyUnderTest | undefined> {
  return startTo("program", injections);
}

async function startTo(cluster: string, injections: readonly FaultInjection[]): Promise<EnvoyUnderTest | undefined> {
  const headers = compileHeaders({ response: { set: { "x-answered": "1" }, add: {}, remove: [] } }, new Map());
  const programs = bundlePrograms({ fault: compileFault(undefined, injections), headers }) ?? new Uint8Array();
  const policies = Buffer.from(programs).toString("base64");
  const route = {
    match: { prefix: "/" },
    route: { cluster },
    metadata: { filter_metadata: { sluice: { policies } } },
  };
  const routes = { validate_clusters: false, virtual_hosts: [{ name: "all", domains: ["*"], routes: [route] }] };
  running = await startEnvoy(ports, [filter("policies")], routes, ["program"]);
  return running;
}

const abort = (status: FaultStatus, fields: object = {}): Partial<FaultInjection> => ({
  abort: { perMillion: ALWAYS, statuses: [{ weight: 1, status }], ...fields },
});

describe.each(["REQUEST", "RESPONSE"] as const)("in the %s phase", (phase) => {
  test("a status, marked, with the route's headers", async () => {
    const envoy = await start(faultInjection("f", { phase, ...abort({ httpStatus: 418 }, { body: "tea" }) }));
    if (envoy === undefined) return;
    const answer = await fetch(envoy.url);
    expect([answer.status, await answer.text()]).toEqual([418, "tea"]);
    expect(answer.headers.get("x-sluice-fault")).toBe("shop/f;abort");
    expect(answer.headers.get("x-answered")).toBe("1");
  });

  test("a gRPC status as trailers only", async () => {
    const envoy = await start(faultInjection("f", { phase, ...abort({ grpcStatus: 8 }) }));
    if (envoy === undefined) return;
    const options = { method: "POST", headers: { "content-type": "application/grpc" }, body: "x" };
    const answer = await fetch(envoy.url, options);
    expect([answer.status, answer.headers.get("grpc-status"), await answer.text()]).toEqual([200, "8", ""]);
  });

  test("a reset: no answer", async () => {
    const envoy = await start(faultInjection("f", { phase, ...abort({ reset: true }) }));
    if (envoy === undefined) return;
    await expect(fetch(envoy.url)).rejects.toThrow("fetch failed");
  });

  test("a delay, then what the program answers", async () => {
    const distribution = { kind: "fixed", ms: 300 } as const;
    const envoy = await start(faultInjection("f", { phase, delay: { perMillion: ALWAYS, distribution } }));
    if (envoy === undefined) return;
    const begin = performance.now();
    const answer = await fetch(envoy.url, { method: "POST", body: "x".repeat(100_000) });
    expect(await answer.json()).toMatchObject({ url: "/" });
    expect(performance.now() - begin).toBeGreaterThan(290);
    expect(answer.headers.get("x-sluice-fault")).toBe("shop/f;delay=300");
  });
});

test("another body under the upstream's status", async () => {
  const kept = abort({ keep: true }, { body: '{"broken', contentType: "application/json" });
  const envoy = await start(faultInjection("f", { phase: "RESPONSE", ...kept }));
  if (envoy === undefined) return;
  const answer = await fetch(envoy.url);
  expect([answer.status, answer.headers.get("content-type"), await answer.text()]).toEqual([
    200,
    "application/json",
    '{"broken',
  ]);
});

test("what opts out, does not match or has ended is left alone", async () => {
  const match = [{ headers: { "x-user": { exact: "jason" } }, withoutHeaders: {} }];
  const envoy = await start(
    faultInjection("past", { ...abort({ httpStatus: 500 }), expiresMs: 1 }),
    faultInjection("jason", { ...abort({ httpStatus: 418 }), match }),
  );
  if (envoy === undefined) return;
  const status = async (headers: Record<string, string>): Promise<number> =>
    (await fetch(envoy.url, { headers })).status;
  expect(await status({})).toBe(200);
  expect(await status({ "x-user": "jason" })).toBe(418);
  expect(await status({ "x-user": "jason", "x-sluice-no-fault": "1" })).toBe(200);
});

test("an answer of Envoy's own router is disturbed as the upstream's would be", async () => {
  const slow = { perMillion: ALWAYS, distribution: { kind: "fixed", ms: 50 } } as const;
  const envoy = await startTo("absent", [
    faultInjection("f", { phase: "RESPONSE", ...abort({ httpStatus: 418 }), delay: slow }),
  ]);
  if (envoy === undefined) return;
  for (let i = 0; i < 5; i++) expect((await fetch(envoy.url)).status).toBe(418);
  expect(envoy.envoy.logs()).not.toMatch(/\[(error|critical)\]/);
});
