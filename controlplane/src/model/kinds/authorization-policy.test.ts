import { expect, test } from "vitest";
import { admitTexts, decodeGood, decodeSpecText, objectText, shortDiagnostic } from "../testing/decode-text.ts";

const rule = (text: string): string => `rules: [{ ${text} }]`;
const source = (text: string): string => rule(`from: [{ source: { ${text} } }]`);
const when = (key: string, values: string): string => rule(`when: [{ key: "${key}", values: [${values}] }]`);
const exact = (value: string) => ({ kind: "exact", value });
const wildcard = (value: string) => ({ kind: "wildcard", value });
const cidr = (value: string) => ({ kind: "cidr", value });

test.each<[name: string, spec: string, from: object]>([
  ["principals", source("principals: [td/ns/a/sa/b]"), { principals: [exact("td/ns/a/sa/b")] }],
  ["namespaces with a star at the end", source('namespaces: ["a*"]'), { namespaces: [{ kind: "prefix", value: "a" }] }],
  [
    "namespaces with a star inside",
    source('namespaces: ["a*b"], notNamespaces: ["c**d", "**"]'),
    { namespaces: [wildcard("a*b")], notNamespaces: [wildcard("c*d"), { kind: "present" }] },
  ],
  ["a service account of another namespace", source("serviceAccounts: [a/b]"), { serviceAccounts: [exact("a/b")] }],
  ["one address", source("ipBlocks: [10.0.0.1]"), { ipBlocks: [cidr("10.0.0.1/32")] }],
  ["a block of IPv6", source('notRemoteIpBlocks: ["fd00::/8"]'), { notRemoteIpBlocks: [cidr("fd00::/8")] }],
  [
    "a request principal is split at its last slash",
    source('requestPrincipals: ["https://a.test/user"]'),
    { requestPrincipals: [exact("https://a.test\u0001user")] },
  ],
  ["any request principal", source('requestPrincipals: ["*/*"]'), { requestPrincipals: [{ kind: "present" }] }],
])("a source with %s", (_, spec, from) => {
  expect(decodeGood("AuthorizationPolicy", spec)).toMatchObject({ rules: [{ from: [from] }] });
});

test("a service account without a namespace is of the policy's own", () => {
  const policy = decodeGood("AuthorizationPolicy", source("serviceAccounts: [b]"));
  expect(policy).toMatchObject({ rules: [{ from: [{ serviceAccounts: [exact(`${policy.ref?.namespace}/b`)] }] }] });
});

test.each<[key: string, value: string, condition: object]>([
  ["request.headers[X-User]", "a", { header: "x-user", values: [exact("a")] }],
  ["request.auth.claims[a][b]", "a", { claim: ["a", "b"], values: [exact("a")] }],
  ["request.auth.audiences", "a", { attribute: "request.auth.audiences" }],
  ["source.ip", "10.0.0.0/8", { attribute: "source.ip", values: [cidr("10.0.0.0/8")] }],
  ["destination.port", '"80"', { attribute: "destination.port", values: [exact("80")] }],
  ["connection.sni", '"*.test"', { attribute: "connection.sni", values: [{ kind: "suffix", value: ".test" }] }],
  [
    "experimental.envoy.filters.network.mysql_proxy[db.table]",
    '"[update]"',
    { filter: "envoy.filters.network.mysql_proxy", key: "db.table", values: [exact("update")] },
  ],
])("a condition on %s", (key, value, condition) => {
  expect(decodeGood("AuthorizationPolicy", when(key, value))).toMatchObject({ rules: [{ when: [condition] }] });
});

test("CUSTOM has a provider", () => {
  expect(decodeGood("AuthorizationPolicy", "action: CUSTOM\nprovider: { name: opa }\nrules: [{}]")).toMatchObject({
    action: "CUSTOM",
    provider: "opa",
  });
});

test.each<[name: string, spec: string, problem: RegExp]>([
  ["an empty source", source(""), /must have a value in one of its lists/],
  ["a source without source", rule("from: [{ principals: [a] }]"), /is not a field of Rule.From/],
  ["an address that is none", source("ipBlocks: [10.0.0.256]"), /neither an IP address nor a block/],
  ["too many bits", source("ipBlocks: [10.0.0.0/33]"), /write 10\.0\.0\.0\/32/],
  ["a principal with its scheme", source("principals: [spiffe://td/ns/a/sa/b]"), /write td\/ns\/a\/sa\/b/],
  [
    "a service account beside a namespace",
    source("serviceAccounts: [b], namespaces: [a]"),
    /must not stand beside namespaces/,
  ],
  [
    "a namespace with two stars",
    source('namespaces: ["a*b*c"]'),
    /source\.namespaces\[0\] is "a\*b\*c", .*by its beginning and its end.* \| allowed: NAME.* \| fix: write each namespace/,
  ],
  ["a namespace with text between stars", when("source.namespace", '"*a*"'), /values\[0\] is "\*a\*"/],
  ["a namespace that is no name", source('namespaces: ["a/*b"]'), /which no namespace can match/],
  [
    "a request principal with a star in both halves",
    source('requestPrincipals: ["a*/b*"]'),
    /takes one for an ordinary character .* \| fix: ask for each half in when: request\.auth\.claims\[iss\]/,
  ],
  ["a service account with a star", source('serviceAccounts: ["b*"]'), /is not a service account/],
  [
    "seventeen service accounts",
    source(`serviceAccounts: [${Array.from({ length: 17 }, (_, index) => `a${index}`).join(", ")}]`),
    /has 17 items, which is too many/,
  ],
  ["an unknown key", when("source.ipp", "a"), /unknown key .*did you mean "source\.ip"/],
  ["a key of Istio's past", when("destination.labels[a]", "a"), /has the unknown key/],
  ["CUSTOM without a provider", "action: CUSTOM\nrules: [{}]", /provider is required for the action CUSTOM/],
  ["CUSTOM without rules", "action: CUSTOM\nprovider: { name: opa }", /rules is required for the action CUSTOM/],
  ["a provider without CUSTOM", "provider: { name: opa }\nrules: [{}]", /means nothing to the action ALLOW/],
])("an AuthorizationPolicy refuses %s", (_, spec, problem) => {
  expect(decodeSpecText("AuthorizationPolicy", spec).problems[0]).toMatch(problem);
});

test.each<[value: string, action: string, problem: RegExp | undefined]>([
  ["true", "DENY", undefined],
  ["false", "CUSTOM", undefined],
  ["yes", "DENY", /metadata\.annotations\["istio\.io\/dry-run"\] is "yes" \| allowed: "true", "false"/],
  ["true", "AUDIT", /means nothing to the action AUDIT/],
])("dry-run %s with the action %s", (value, action, problem) => {
  const spec = `action: ${action}\n${action === "CUSTOM" ? "provider: { name: opa }\n" : ""}rules: [{}]`;
  const text = objectText("AuthorizationPolicy", spec).replace(
    "metadata: {",
    `metadata: { annotations: { istio.io/dry-run: "${value}" },`,
  );
  const { mesh, diagnostics } = admitTexts({ "x.yaml": text });
  if (problem === undefined) {
    const [policy] = mesh.authorizationPolicies;
    expect(policy?.dryRun).toBe(value === "true" ? true : undefined);
  } else expect(diagnostics.map(shortDiagnostic)[0]).toMatch(problem);
});
