import { expect, test } from "vitest";
import { admitTexts, objectText, shortDiagnostic } from "../testing/decode-text.ts";
import { decodeValue } from "../testing/decode-value.ts";
import { doubtfulAuthorization, usableProviders } from "../doubtful-authorization.ts";
import { explainAuthorization } from "./authorization-explain.ts";
import { authorizationProviders } from "./extension-provider.ts";

const decode = (text: string) => decodeValue(authorizationProviders, "extensionProviders", text);
const http = (fields = ""): string =>
  `- name: opa\n  envoyExtAuthzHttp: { service: shop/opa.shop.svc.cluster.local, port: 9000${fields} }`;

test("a provider that speaks HTTP, with everything", () => {
  const { read, problems } = decode(
    http(`, timeout: 1s, failOpen: true, statusOnError: "503", clearRouteCache: true, pathPrefix: /check,
    includeRequestHeadersInCheck: [X-A, "x-b*", "*-c", "*"], includeAdditionalHeadersInCheck: { x-d: "1" },
    includeRequestBodyInCheck: { maxRequestBytes: 10, allowPartialMessage: true, packAsBytes: true },
    headersToUpstreamOnAllow: [a], headersToDownstreamOnDeny: [b], headersToDownstreamOnAllow: [c]`),
  );
  expect(problems).toEqual([]);
  expect(read).toEqual([
    {
      name: "opa",
      service: "opa.shop.svc.cluster.local",
      port: 9000,
      timeoutMs: 1000,
      failOpen: true,
      statusOnError: 503,
      clearRouteCache: true,
      body: { maxBytes: 10, allowPartial: true, packAsBytes: true },
      http: {
        pathPrefix: "/check",
        includeHeaders: [
          { kind: "exact", value: "x-a" },
          { kind: "prefix", value: "x-b" },
          { kind: "suffix", value: "-c" },
          { kind: "present" },
        ],
        addHeaders: { "x-d": "1" },
        upstreamOnAllow: [{ kind: "exact", value: "a" }],
        downstreamOnDeny: [{ kind: "exact", value: "b" }],
        downstreamOnAllow: [{ kind: "exact", value: "c" }],
      },
    },
  ]);
});

test("a provider that speaks gRPC, and Istio's defaults", () => {
  const { read } = decode("- { name: opa, envoyExtAuthzGrpc: { service: opa.test, port: 9000 } }");
  expect(read).toEqual([
    { name: "opa", service: "opa.test", port: 9000, timeoutMs: 600_000, failOpen: false, clearRouteCache: false },
  ]);
});

test("providers of other things are left to others", () => {
  expect(decode("- { name: logs, envoyFileAccessLog: { path: /dev/stdout } }")).toEqual({ read: [], problems: [] });
});

test.each<[name: string, text: string, problem: RegExp]>([
  ["no port", "- { name: a, envoyExtAuthzHttp: { service: a.test } }", /port is required/],
  ["no kind", "- { name: a }", /must be of one kind, not of none/],
  ["two kinds", `${http()}\n  zipkin: {}`, /must be of one kind, not of 2/],
  [
    "a service with a port",
    "- { name: a, envoyExtAuthzHttp: { service: 'a.test:80', port: 80 } }",
    /leave out the port/,
  ],
  ["a status that is none", http(", statusOnError: 99"), /statusOnError is 99, which is out of range/],
  ["a star inside a header", http(', headersToUpstreamOnAllow: ["a*b"]'), /is no header name/],
  [
    "a field of the other kind",
    "- { name: a, envoyExtAuthzGrpc: { service: a.test, port: 1, pathPrefix: /a } }",
    /is not a field/,
  ],
])("extensionProviders refuse %s", (_, text, problem) => {
  expect(decode(text).problems[0]).toMatch(problem);
});

test("of two providers with one name the first counts", () => {
  const { read, problems } = decode(`${http()}\n${http(", failOpen: true")}`);
  expect(read).toMatchObject([{ failOpen: false }]);
  expect(problems[0]).toMatch(/warning .*there is already a provider opa/);
});

const service = (protocol: string): string =>
  objectText(
    "ServiceEntry",
    `hosts: [opa.shop.svc.cluster.local]\nresolution: STATIC\nports: [{ number: 9000, name: main, protocol: ${protocol} }]\nendpoints: [{ address: 127.0.0.9 }]`,
  );
const custom = objectText("AuthorizationPolicy", "action: CUSTOM\nprovider: { name: opa }\nrules: [{}]", "ask");

test.each<[name: string, providers: string, service: string, problem: RegExp | undefined]>([
  ["is as it should be", http(), service("HTTP"), undefined],
  [
    "is not declared",
    http().replace("opa", "opb"),
    service("HTTP"),
    /no extension provider "opa".*fix: did you mean "opb"/,
  ],
  [
    "has a service that is not declared",
    http(),
    "",
    /opa\.shop\.svc\.cluster\.local port 9000, which no ServiceEntry declares for HTTP/,
  ],
  ["has a port for TCP", http(), service("TCP"), /which no ServiceEntry declares for HTTP/],
  ["has a port for gRPC", http().replace("Http", "Grpc"), service("GRPC"), undefined],
  [
    "is asked by gRPC, and the port is not for it",
    http().replace("Http", "Grpc"),
    service("HTTP"),
    /fix: give the port the protocol GRPC/,
  ],
])("a CUSTOM policy whose provider %s", (_, providers, entry, problem) => {
  const admitted = admitTexts({ "a.yaml": `${entry}---\n${custom}` }).mesh;
  const authorization = {
    trustDomain: "cluster.local",
    trustDomainAliases: [],
    providers: decode(providers).read ?? [],
  };
  const mesh = { ...admitted, config: { ...admitted.config, authorization } };
  const problems = doubtfulAuthorization(mesh).map(shortDiagnostic);
  if (problem === undefined) expect(problems).toEqual([]);
  else expect(problems).toEqual([expect.stringMatching(problem)]);
  expect(usableProviders(mesh).some(({ name }) => name === "opa")).toBe(problem === undefined);
});

test("a mesh without settings has no provider, which is said at the policy's provider", () => {
  const problems = admitTexts({ "a.yaml": custom }).diagnostics.map(shortDiagnostic);
  expect(problems).toEqual([
    expect.stringMatching(/^6:15 IST0101 warning the mesh has no extension provider "opa", so all .* denied/),
  ]);
});

test("who may ask why", () => {
  const text = "header: X-Why\nprincipals: [cluster.local/ns/shop/sa/*]";
  expect(decodeValue(explainAuthorization, "explainAuthorization", text).read).toEqual({
    header: "x-why",
    principals: [{ kind: "prefix", value: "cluster.local/ns/shop/sa/" }],
  });
  expect(decodeValue(explainAuthorization, "explainAuthorization", "header: x-why").problems[0]).toMatch(
    /principals is required/,
  );
});
