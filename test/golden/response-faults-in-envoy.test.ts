import { toJson } from "@bufbuild/protobuf";
import { createRegistry } from "@bufbuild/protobuf";
import { afterEach, beforeAll, expect, test } from "vitest";
import { HttpFilterSchema } from "../../controlplane/gen/envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager_pb.js";
import { HTTPFaultSchema } from "../../controlplane/gen/envoy/extensions/filters/http/fault/v3/fault_pb.js";
import { LuaPerRouteSchema, LuaSchema } from "../../controlplane/gen/envoy/extensions/filters/http/lua/v3/lua_pb.js";
import { AnySchema } from "@bufbuild/protobuf/wkt";
import type { FaultInjection } from "../../controlplane/src/model/fault-injection.ts";
import { bundlePrograms, compileFault } from "../../controlplane/src/policy/index.ts";
import { responseFaultFilters, responseFaults } from "../../controlplane/src/translate/response-faults.ts";
import { faultInjection } from "./models.ts";
import { buildModules, filter, startEnvoy } from "./real-envoy.ts";
import type { EnvoyUnderTest } from "./real-envoy.ts";

// The faults of which Envoy's own filters do a part, in a real Envoy, in front of a program that answers with the request as JSON.

const ports = { envoy: 20_951, program: 20_952 };
const ALWAYS = 1_000_000;
const registry = createRegistry(HTTPFaultSchema, LuaPerRouteSchema, LuaSchema);
let running: EnvoyUnderTest | undefined;

beforeAll(buildModules, 60_000);
afterEach(async () => {
  await running?.stop();
  running = undefined;
});

async function start(...injections: readonly FaultInjection[]): Promise<EnvoyUnderTest | undefined> {
  const programs = bundlePrograms({ fault: compileFault(undefined, injections) }) ?? new Uint8Array();
  const configs = Object.entries(responseFaults(injections)).map(([name, config]) => [
    name,
    toJson(AnySchema, config, { registry }),
  ]);
  const route = {
    match: { prefix: "/" },
    route: { cluster: "program" },
    metadata: { filter_metadata: { sluice: { policies: Buffer.from(programs).toString("base64") } } },
    typed_per_filter_config: Object.fromEntries(configs) as object,
  };
  const routes = { virtual_hosts: [{ name: "all", domains: ["*"], routes: [route] }] };
  const own = responseFaultFilters.map((one) => toJson(HttpFilterSchema, one, { registry }) as object);
  running = await startEnvoy(ports, [filter("policies"), ...own], routes, ["program"]);
  return running;
}

test("a body ends early, with its length as announced, for those that the rule means", async () => {
  const match = [{ uri: { regex: "/cut/[0-9]+" }, headers: {}, withoutHeaders: {} }];
  const envoy = await start(faultInjection("f", { match, truncate: { perMillion: ALWAYS, bytes: 5 } }));
  if (envoy === undefined) return;
  const answer = await fetch(`${envoy.url}/cut/1?x`);
  expect(await answer.text()).toBe('{"url');
  expect([answer.headers.get("content-length"), answer.headers.get("x-sluice-fault")]).toEqual([
    "5",
    "shop/f;truncate=5",
  ]);
  const head = await fetch(`${envoy.url}/cut/1`, { method: "HEAD" });
  expect(head.headers.get("x-sluice-fault")).toBeNull();
  const other = await fetch(`${envoy.url}/cut/1/whole`);
  expect(await other.json()).toMatchObject({ url: "/cut/1/whole" });
  expect(envoy.envoy.logs()).not.toMatch(/\[(error|critical)\]/);
});

test("a body comes slowly; a client cannot ask for it", async () => {
  const match = [{ headers: { "x-big": { present: true } }, withoutHeaders: {} }] as const;
  const envoy = await start(faultInjection("f", { match, drip: { perMillion: ALWAYS, kibPerSecond: 10 } }));
  if (envoy === undefined) return;
  const timed = async (headers: Readonly<Record<string, string>>): Promise<readonly [Response, number]> => {
    const begin = performance.now();
    const answer = await fetch(envoy.url, { headers });
    await answer.text();
    return [answer, performance.now() - begin];
  };
  const big = "x".repeat(10_000);
  const [slow, time] = await timed({ "x-big": big });
  expect(slow.headers.get("x-sluice-fault")).toBe("shop/f;drip=10");
  expect(time).toBeGreaterThan(500);
  const [, other] = await timed({ "x-other": big, "x-envoy-fault-throughput-response": "1" });
  expect(other).toBeLessThan(5000);
});
