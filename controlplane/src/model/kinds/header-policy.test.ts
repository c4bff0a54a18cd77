import { expect, test } from "vitest";
import { KNOWN_MESH } from "../testing/bad-yaml.ts";
import { admitTexts, decodeGood, decodeSpecText, objectText } from "../testing/decode-text.ts";

test("a HeaderPolicy", () => {
  const spec = `hosts: [ratings]
request:
  rename: { X-Old: x-new }
  set: { x-user: "user %REQ(X-Id)%, 100%%" }
  default: { x-env: '%NODE_METADATA(ENV)%' }
response:
  add: { x-peer: "%DOWNSTREAM_PEER_URI_SAN%%RESP(server)%" }
cookies: [{ name: "*", secure: true, sameSite: Lax, maxAge: 60 }]`;
  expect(decodeGood("HeaderPolicy", spec)).toMatchObject({
    hosts: ["ratings.shop.svc.cluster.local"],
    request: {
      rename: { "x-old": "x-new" },
      set: { "x-user": [{ text: "user " }, { requestHeader: "x-id" }, { text: ", 100%" }] },
      default: { "x-env": [{ property: ["xds", "node", "metadata", "ENV"] }] },
      add: {},
      remove: [],
    },
    response: {
      add: { "x-peer": [{ property: ["connection", "uri_san_peer_certificate"] }, { responseHeader: "server" }] },
    },
    cookies: [{ name: "*", attributes: { "Max-Age": "60", Secure: "", SameSite: "Lax" } }],
  });
});

const claim = { property: ["metadata", "filter_metadata", "envoy.filters.http.jwt_authn", "payload", "org", "name"] };
test.each([
  ["%CLAIM(org:name)%", [claim]],
  ["%PROTOCOL%", [{ property: ["request", "protocol"] }]],
  ["%REQ(:path)%", [{ requestHeader: ":path" }]],
  ["", []],
  ["a%%b", [{ text: "a%b" }]],
  ["%DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT%", [{ property: ["source", "address"], as: "host" }]],
  ["%DOWNSTREAM_LOCAL_PORT%", [{ property: ["destination", "port"], as: "number" }]],
  ["%START_TIME(%H:%M)%", [{ time: "hour" }, { text: ":" }, { time: "minute" }]],
  [
    "at %START_TIME(%s)%.%START_TIME(%3f%%)%",
    [{ text: "at " }, { time: "epoch" }, { text: "." }, { time: "milliseconds" }, { text: "%" }],
  ],
])("the value %s", (text, parts) => {
  const spec = `hosts: [a]\nrequest: { set: { x-a: "${text}" } }`;
  expect(decodeGood("HeaderPolicy", spec)).toMatchObject({ request: { set: { "x-a": parts } } });
});

test.each<[name: string, spec: string, problem: RegExp]>([
  ["no host", "request: {}", /^5:3 IST0106 spec.hosts is required/],
  [
    "an unknown command",
    'request: { set: { x-a: "%REQUEST(x)%" } }',
    /^6:26 IST0106 spec.request.set\["x-a"\] has the unknown command %REQUEST\(x\)%/,
  ],
  ["a lonely percent sign", 'request: { set: { x-a: "100%" } }', /a percent sign that begins no command/],
  ["a command without its argument", 'request: { set: { x-a: "%REQ%" } }', /has %REQ%, whose argument does not fit/],
  ["a time that is not there", 'request: { set: { x-a: "%START_TIME(%j)%" } }', /whose argument does not fit.*%Y %m/],
  ["the environment", 'request: { set: { x-a: "%ENVIRONMENT(X)%" } }', /no filter can read.*NODE_METADATA\(X\)/],
  ["the upstream in a request", 'request: { set: { x-a: "%UPSTREAM_HOST%" } }', /asks for what the response brings/],
  [
    "a substitution by a group that is not there",
    "request: { rewrite: { x-a: { pattern: '(a)', substitution: '\\2' } } }",
    /spec.request.rewrite\["x-a"\].substitution has \\2, and the pattern has one group/,
  ],
  [
    "a substitution that ends with a backslash",
    "request: { rewrite: { x-a: { pattern: 'a', substitution: '\\' } } }",
    /substitution ends with a backslash/,
  ],
  ["a rewrite without its pattern", "request: { rewrite: { x-a: { substitution: a } } }", /pattern is required/],
  ["the response in a request", 'request: { set: { x-a: "%RESP(x)%" } }', /asks for what the response brings/],
  ["the host", "request: { set: { host: a } }", /"host" is not a header name that may be used here/],
  ["a pseudo header", 'request: { rename: { ":path": x-a } }', /":path" is not a header name/],
  ["a cookie left as it is", "cookies: [{ name: a }]", /spec.cookies\[0\] changes nothing/],
  ["a cookie's path with a semicolon", 'cookies: [{ name: a, path: "/;x" }]', /cannot stand in a cookie/],
])("refuses %s", (name, spec, problem) => {
  const text = name === "no host" ? spec : `hosts: [a]\n${spec}`;
  expect(decodeSpecText("HeaderPolicy", text).problems[0]).toMatch(problem);
});

test.each<[name: string, spec: string, codes: readonly string[]]>([
  ["nothing", "hosts: [reviews]\nrequest: { remove: [x-other] }", []],
  ["an unknown host", "hosts: [review]", ["IST0101"]],
])("warns of %s", (_, spec, codes) => {
  const texts = { "mesh.yaml": KNOWN_MESH, "x.yaml": objectText("HeaderPolicy", spec) };
  expect(admitTexts(texts).diagnostics.map(({ code }) => code)).toEqual(codes);
});

test("warns of a header that routes match on", () => {
  const route = "route: [{ destination: { host: reviews } }]";
  const routes = `hosts: [reviews]\nhttp: [{ match: [{ headers: { x-user: { exact: a } } }], ${route} }, { ${route} }]`;
  const policy = "hosts: [reviews]\nrequest: { rename: { x-old: x-user } }";
  const { diagnostics } = admitTexts({
    "mesh.yaml": KNOWN_MESH,
    "routes.yaml": objectText("VirtualService", routes, "routes"),
    "x.yaml": objectText("HeaderPolicy", policy),
  });
  expect(diagnostics.map(({ code }) => code)).toContain("SLU0011");
});
