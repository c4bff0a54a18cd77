import { describe, expect, test } from "vitest";
import type { AuthorizationPolicy, Mesh, RequestAuthentication, TokenRule } from "../model/types.ts";
import type { Resource } from "../snapshot/types.ts";
import { EMPTY_MESH } from "../model/empty-mesh.ts";
import { resourceJson } from "./json-fixture.ts";
import {
  gateway,
  gatewayProxy,
  mesh,
  ref,
  routeTo,
  httpMatch,
  service,
  sidecar,
  virtualService,
  workload,
} from "./mesh-fixture.ts";
import { translate } from "./index.ts";

const digest = { sha256: "a".repeat(64) };
const modules = { policies: digest, authorization: digest };

const rule = (fields: Partial<TokenRule> = {}): TokenRule => ({
  issuer: "https://a.test",
  audiences: [],
  keys: { jwks: '{"keys":[]}' },
  fromHeaders: [],
  fromParams: [],
  fromCookies: [],
  forwardOriginalToken: false,
  outputClaimToHeaders: [],
  timeoutMs: 5000,
  spaceDelimitedClaims: [],
  ...fields,
});

const tokens = (rules: readonly TokenRule[], namespace = "default", selector = {}): RequestAuthentication => ({
  ref: ref("RequestAuthentication", "r", namespace),
  labels: {},
  selector,
  rules,
});

const opa = { name: "opa", service: "opa.test", port: 80, timeoutMs: 1000, failOpen: false, clearRouteCache: false };
const http = {
  pathPrefix: "",
  includeHeaders: [],
  addHeaders: {},
  upstreamOnAllow: [],
  downstreamOnDeny: [],
  downstreamOnAllow: [],
};
const ask: AuthorizationPolicy = {
  ref: ref("AuthorizationPolicy", "ask"),
  labels: {},
  selector: {},
  action: "CUSTOM",
  provider: "opa",
  rules: [{ to: [], when: [] }],
};
const authorization = { trustDomain: "cluster.local", trustDomainAliases: [], providers: [{ ...opa, http }] };
const config = { ...EMPTY_MESH.config, authorization };

function resources(fields: Partial<Mesh>, id = "a.default"): readonly Resource[] {
  const proxies = [
    sidecar(workload("a")),
    sidecar(workload("b", { namespace: "other" })),
    gatewayProxy([gateway("g")]),
  ];
  const services = [service("opa.test"), service("keys.test")];
  return (
    translate(mesh({ proxies, services, ...fields }), { modules }).find(({ proxy }) => proxy === id)?.resources ?? []
  );
}

function json(all: readonly Resource[], kind: Resource["kind"], name: string): string {
  const found = all.find((one) => one.kind === kind && one.name === name);
  return found === undefined ? "" : JSON.stringify(resourceJson(found));
}

const jwt = (rules: readonly TokenRule[]): object =>
  JSON.parse(json(resources({ requestAuthentications: [tokens(rules)] }), "extension", "sluice.tokens")) as object;

describe("token rules", () => {
  test("one issuer: its token, or none", () => {
    expect(jwt([rule()])).toMatchObject({
      typed_config: {
        providers: {
          "issuer-0": {
            issuer: "https://a.test",
            payload_in_metadata: "payload",
            normalize_payload_in_metadata: { space_delimited_claims: ["permission", "scope"] },
          },
        },
        rules: [
          { requires: { requires_any: { requirements: [{ provider_name: "issuer-0" }, { allow_missing: {} }] } } },
        ],
        bypass_cors_preflight: true,
      },
    });
  });

  test("several issuers: a token of one of them, or none for each, in the order of their names", () => {
    const one = (provider_name: string): object => ({ provider_name });
    const optional = (name: string): object => ({ requires_any: { requirements: [one(name), { allow_missing: {} }] } });
    expect(jwt([rule({ issuer: "https://b.test" }), rule()])).toMatchObject({
      typed_config: {
        providers: { "issuer-0": { issuer: "https://a.test" }, "issuer-1": { issuer: "https://b.test" } },
        rules: [
          {
            requires: {
              requires_any: {
                requirements: [
                  one("issuer-0"),
                  one("issuer-1"),
                  { requires_all: { requirements: [optional("issuer-0"), optional("issuer-1")] } },
                ],
              },
            },
          },
        ],
      },
    });
  });

  test.each<[uri: string, cluster: string, type: string | undefined]>([
    ["https://issuer.test/keys", "sluice.keys|https|443|issuer.test", "STRICT_DNS"],
    ["http://issuer.test:8080/keys", "sluice.keys|http|8080|issuer.test", "STRICT_DNS"],
    ["https://10.0.0.1/keys", "sluice.keys|https|443|10.0.0.1", "STATIC"],
    ["https://[fd00::1]:444/keys", "sluice.keys|https|444|fd00::1", "STATIC"],
    ["http://keys.test/keys", "outbound|80||keys.test", undefined],
    ["https://keys.test/keys", "sluice.keys|https|443|keys.test", "STRICT_DNS"],
  ])("keys at %s are fetched through %s", (uri, cluster, type) => {
    const all = resources({ requestAuthentications: [tokens([rule({ keys: { uri } })])] });
    expect(json(all, "extension", "sluice.tokens")).toContain(`"cluster":"${cluster}"`);
    const made = json(all, "cluster", cluster);
    expect(made).not.toBe("");
    expect(made.includes('"type":"STRICT_DNS"')).toBe(type === "STRICT_DNS");
    expect(made.includes("trusted_ca")).toBe(uri.startsWith("https"));
    expect(all.filter(({ kind, name }) => kind === "cluster" && name.startsWith("sluice.keys"))).toHaveLength(
      type === undefined ? 0 : 1,
    );
  });
});

test.each<[name: string, where: RequestAuthentication, on: readonly string[]]>([
  ["its own namespace", tokens([rule()]), ["a.default"]],
  [
    "the root namespace",
    tokens([rule()], "istio-system"),
    ["a.default", "b.other", "istio-ingressgateway.istio-system"],
  ],
  ["a selector of the root namespace", tokens([rule()], "istio-system", { app: "b" }), ["b.other"]],
  ["no rules", tokens([]), []],
])("token rules of %s are on where they hold", (_, where, on) => {
  const ids = ["a.default", "b.other", "istio-ingressgateway.istio-system"];
  const found = ids.filter((id) => {
    const routes = resources({ requestAuthentications: [where] }, id).filter(
      ({ kind, name }) => kind === "route" && name !== "outbound",
    );
    return JSON.stringify(routes.map(resourceJson)).includes("sluice.tokens");
  });
  expect(found).toEqual(on);
});

test("policies and token rules change no listener", () => {
  const listeners = (fields: Partial<Mesh>): string =>
    JSON.stringify(
      resources({ config, ...fields })
        .filter(({ kind }) => kind === "listener")
        .map(resourceJson),
    );
  const plain = listeners({});
  expect(listeners({ requestAuthentications: [tokens([rule()])] })).toBe(plain);
  expect(listeners({ authorizationPolicies: [ask] })).toBe(plain);
  expect(listeners({ authorizationPolicies: [{ ...ask, action: "DENY" }] })).toBe(plain);
});

describe("CUSTOM", () => {
  test("is asked before tokens are checked, and these before the policies decide", () => {
    const listener = json(resources({ config }), "listener", "inbound|127.0.0.1_20001");
    const order = [...listener.matchAll(/"name":"(sluice\.(?!direct)[^"]*|envoy.filters.http.router)"/g)].map(
      ([, name]) => name,
    );
    const front = ["sluice.custom.opa.rules", "sluice.custom.opa", "sluice.tokens", "sluice.route"];
    expect(order).toEqual([...front, "sluice.inbound", "envoy.filters.http.router"]);
  });

  test("a sidecar's outbound listener has none of it", () => {
    expect(json(resources({ config }), "listener", "outbound")).not.toMatch(/sluice\.(custom|tokens)/);
  });

  test("marks what the rules match, and asks about that", () => {
    const all = resources({ config, authorizationPolicies: [ask] });
    expect(json(all, "extension", "sluice.custom.opa.rules")).toContain("ns[default]-policy[ask]-rule[0]");
    const question = json(all, "extension", "sluice.custom.opa");
    expect(question).toContain('"cluster":"outbound|80||opa.test"');
    expect(question).toContain("sluice_custom_opa_shadow_effective_policy_id");
    expect(json(all, "route", "inbound|20001")).toMatch(/sluice\.custom\.opa\.rules.*sluice\.custom\.opa/);
  });

  test("of a provider that the mesh has not is denied by the policies", () => {
    const program = (fields: Partial<Mesh>): string => json(resources(fields), "extension", "sluice.inbound");
    expect(program({ authorizationPolicies: [ask] })).not.toBe(program({}));
    expect(program({ authorizationPolicies: [ask], config })).toBe(program({}));
  });
});

test("routes by claims: a gateway chooses the route once more, a match of claims takes not everything", () => {
  const byClaim = [
    routeTo("opa.test", { match: [httpMatch({ headers: { "@request.auth.claims[a][b.c]": { exact: "x" } } })] }),
    routeTo("keys.test", { match: [httpMatch({ withoutHeaders: { "@request.auth.claims.a": { present: true } } })] }),
  ];
  const virtualServices = [virtualService(["*"], byClaim, { gateways: ["default/g"] })];
  const requestAuthentications = [tokens([rule()], "istio-system")];
  const all = resources({ virtualServices, requestAuthentications }, "istio-ingressgateway.istio-system");
  expect(json(all, "extension", "sluice.tokens")).toContain('"clear_route_cache":true');
  const routes = json(all, "route", "http.8080");
  expect(routes).toContain('"path":[{"key":"payload"},{"key":"a"},{"key":"b.c"}]');
  expect(routes).toMatch(/"present_match":true\},"invert":true/);
  expect(routes).toContain("sluice.route");
  expect(json(resources({ requestAuthentications }), "extension", "sluice.tokens")).not.toContain("clear_route_cache");
});
