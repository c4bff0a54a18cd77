import { mkdtempSync, rmSync } from "node:fs";
import { Agent, request as send } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { findEnvoy, startEnvoyProcess } from "@sluice/host";
import type { RunningEnvoy } from "@sluice/host";
import type { AuthorizationPolicy } from "../../controlplane/src/model/types.ts";
import { evaluate, nativePolicies } from "../../controlplane/src/policy/authorization.ts";
import type { AuthorizationRequest, Json } from "../../controlplane/src/policy/authorization.ts";
import { policies, request } from "./arbitraries.ts";

// The reference judges our programs; here Envoy's own RBAC filter, configured as Istio does it, judges the reference.

const FIRST_PORT = 20_961;
/** As many listeners, each with a few random policies; every request goes to each of them. */
const LISTENERS = 24;
const REQUESTS = 40;
const type = (name: string): string => `type.googleapis.com/envoy.extensions.${name}`;

let folder: string;
let envoy: RunningEnvoy | undefined;
const agent = new Agent({ keepAlive: true });

/** What a plain connection on loopback can show: no certificate, the addresses of this machine, no host of its own port. */
const shown = fc
  .sample(request, { numRuns: REQUESTS, seed: 8 })
  .map(({ method = "GET", host = "", path = "/", headers, claims, metadata }): AuthorizationRequest => ({
    method,
    host: /^[!-~]+$/.test(host) ? host : "a.test",
    path: /^\/[!-~]*$/.test(path) && !path.includes('"') ? path : "/a/b",
    headers: Object.fromEntries(Object.entries(headers).filter(([, value]) => /^[ -~]+$/.test(value))),
    port: 0,
    sourceIp: "127.0.0.1",
    remoteIp: "127.0.0.1",
    destinationIp: "127.0.0.1",
    ...(claims === undefined ? {} : { claims }),
    ...(metadata === undefined ? {} : { metadata }),
  }));
const given = fc
  .sample(policies, { numRuns: LISTENERS, seed: 9 })
  .map((input) => input.filter(({ action, dryRun }) => (action === "ALLOW" || action === "DENY") && dryRun !== true));

beforeAll(async () => {
  const found = await findEnvoy({ log: () => {} });
  if (found.kind !== "binary") {
    if (process.env["CI"] === "true") throw new Error("no Envoy to test with");
    return;
  }
  folder = mkdtempSync(join(tmpdir(), "sluice-native-"));
  envoy = await startEnvoyProcess({
    binary: found.path,
    config: { static_resources: { listeners: given.map(listener) } },
    logFile: join(folder, "envoy.log"),
    ready: { listeners: given.map((_, index) => `l${index}`) },
  });
}, 60_000);

afterAll(async () => {
  agent.destroy();
  await envoy?.stop();
  if (folder) rmSync(folder, { recursive: true, force: true });
});

test(`${LISTENERS * REQUESTS} requests: the reference decides as Envoy's own filter`, { timeout: 60_000 }, async () => {
  if (envoy === undefined) return;
  const seen = { allowed: 0, denied: 0 };
  for (const [index, input] of given.entries()) {
    for (const one of shown) {
      const facts = { ...one, port: FIRST_PORT + index };
      const { allowed } = evaluate(input, facts);
      seen[allowed ? "allowed" : "denied"] += 1;
      const status = await ask(facts);
      if (status !== (allowed ? 200 : 403))
        expect({ status, input, facts }).toEqual({ status: allowed ? 200 : 403, input, facts });
    }
  }
  expect(Math.min(seen.allowed, seen.denied)).toBeGreaterThan((LISTENERS * REQUESTS) / 20);
});

/** What the request shows of tokens and metadata travels in a header, which a filter writes down. */
function ask({ method, path, host = "", headers, port, claims, metadata }: AuthorizationRequest): Promise<number> {
  const told = [...entries("jwt", claims), ...entries("test", metadata?.["envoy.filters.http.test"])].join("");
  const options = { host: "127.0.0.1", port, method, path, agent, headers: { ...headers, host, "x-told": told } };
  return new Promise((resolve, reject) => {
    send(options, (answer) => {
      answer.resume().on("end", () => resolve(answer.statusCode ?? 0));
    })
      .on("error", reject)
      .end();
  });
}

/** Texts and lists of texts, `PATH=s:TEXT;` and `PATH=l:TEXT,TEXT;`. */
function entries(path: string, json: Json | undefined): readonly string[] {
  if (json === undefined || json === null) return [];
  if (typeof json === "string") return [`${path}=s:${json};`];
  if (Array.isArray(json)) return [`${path}=l:${json.join(",")};`];
  return typeof json === "object"
    ? Object.entries(json).flatMap(([name, value]: [string, Json]) => entries(`${path}.${name}`, value))
    : [];
}

const TELL = `
function envoy_on_request(handle)
  local told = { jwt = {}, test = {} }
  for path, kind, text in string.gmatch(handle:headers():get("x-told") or "", "([%w.]+)=([sl]):([^;]*);") do
    local value = text
    if kind == "l" then
      value = {}
      for item in string.gmatch(text, "[^,]+") do table.insert(value, item) end
    end
    local at, last = told, nil
    for name in string.gmatch(path, "%w+") do
      if last then
        at[last] = at[last] or {}
        at = at[last]
      end
      last = name
    end
    at[last] = value
  end
  local metadata = handle:streamInfo():dynamicMetadata()
  metadata:set("envoy.filters.http.jwt_authn", "payload", told.jwt)
  for key, value in pairs(told.test) do metadata:set("envoy.filters.http.test", key, value) end
end`;

/** Lua reads that header: a filter of Envoy's that can write lists. */
const tell = {
  name: "tell",
  typed_config: {
    "@type": type("filters.http.lua.v3.Lua"),
    default_source_code: { inline_string: TELL },
  },
};

function listener(input: readonly AuthorizationPolicy[], index: number): object {
  const rbac = (action: "DENY" | "ALLOW"): readonly object[] => {
    const chosen = input.filter((policy) => policy.action === action);
    if (chosen.length === 0) return [];
    const rules = { action, policies: nativePolicies(chosen) };
    return [{ name: `rbac-${action}`, typed_config: { "@type": type("filters.http.rbac.v3.RBAC"), rules } }];
  };
  const router = { name: "router", typed_config: { "@type": type("filters.http.router.v3.Router") } };
  const route = { match: { prefix: "/" }, direct_response: { status: 200 } };
  const manager = {
    "@type": type("filters.network.http_connection_manager.v3.HttpConnectionManager"),
    stat_prefix: `l${index}`,
    route_config: { virtual_hosts: [{ name: "all", domains: ["*"], routes: [route] }] },
    http_filters: [tell, ...rbac("DENY"), ...rbac("ALLOW"), router],
  };
  return {
    name: `l${index}`,
    address: { socket_address: { address: "127.0.0.1", port_value: FIRST_PORT + index } },
    filter_chains: [{ filters: [{ name: "http", typed_config: manager }] }],
  };
}
