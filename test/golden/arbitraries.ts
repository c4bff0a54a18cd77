import * as fc from "fast-check";
import { parseNamespace, parseRequestPrincipal } from "../../controlplane/src/model/kinds/authorization-value.ts";
import type {
  AuthorizationCondition,
  AuthorizationPolicy,
  AuthorizationSource,
  ConditionKey,
  ValueMatch,
} from "../../controlplane/src/model/types.ts";
import type { AuthorizationRequest } from "../../controlplane/src/policy/authorization.ts";
import { operation } from "./models.ts";

// Small alphabets: random values have to meet often enough for both answers to be common.
const METHODS = ["GET", "POST", "PUT"];
const HOSTS = ["a.test", "A.Test", "b.test", "b.test:80", "xn--ü", ""];
const PATHS = [
  "/",
  "/a",
  "/a/b",
  "/a//b",
  "/a/b/c",
  "/a/b/c.css",
  "/a b",
  '/a/"',
  "/ä",
  "/{*}",
  "//",
  "/a/b/c/d/e",
  "",
];
const HEADERS = ["x-user", "x-role"];
const VALUES = ["", "a", "ab", "b", "a,b", "A", "é", "*", "long enough to be compared by words"];
const PORTS = [80, 443, 9080];
const TEMPLATES = [
  "/{*}",
  "/{**}",
  "/a/{*}",
  "/a/{**}",
  "/a/{**}/c",
  "/{*}/{*}",
  "/{*}/b/{**}",
  "/a/{**}/c.css",
  "/{**}/b",
  "/{*}/{*}/c/{**}/e",
];
const PEERS = [
  "spiffe://cluster.local/ns/shop/sa/cart",
  "spiffe://cluster.local/ns/shop/sa/pay",
  "spiffe://cluster.local/ns/bank/sa/pay",
  "spiffe://other.test/ns/shop/sa/cart",
  "spiffe://other.test/workload/1",
  "https://peer.test/ns/shop/sa/cart",
];
const ADDRESSES = ["10.0.0.1", "10.0.0.2", "10.1.2.3", "192.168.1.1", "::1", "fd00::1", "fd00:1::2"];
const BLOCKS = [
  "10.0.0.1/32",
  "10.0.0.0/31",
  "10.0.0.0/8",
  "0.0.0.0/0",
  "192.168.0.0/16",
  "::1/128",
  "fd00::/8",
  "fd00::/32",
  "::/0",
];
const ISSUERS = ["https://a.test", "b"];
const SUBJECTS = ["s", "user", "user/1"];
const FILTER = "envoy.filters.http.test";

/** Exact, prefix, suffix and presence forms of the values that requests carry. */
function valueMatch(texts: readonly string[]): fc.Arbitrary<ValueMatch> {
  const text = fc.constantFrom(...texts.filter((one) => one !== ""));
  const part = fc.tuple(text, fc.nat(6)).map(([whole, size]) => whole.slice(0, Math.max(size, 1)));
  const end = fc.tuple(text, fc.nat(6)).map(([whole, size]) => whole.slice(-Math.max(size, 1)));
  return fc.oneof(
    { weight: 4, arbitrary: text.map((value): ValueMatch => ({ kind: "exact", value })) },
    { weight: 2, arbitrary: part.map((value): ValueMatch => ({ kind: "prefix", value })) },
    { weight: 2, arbitrary: end.map((value): ValueMatch => ({ kind: "suffix", value })) },
    { weight: 1, arbitrary: fc.constant<ValueMatch>({ kind: "present" }) },
  );
}

function list(match: fc.Arbitrary<ValueMatch>): fc.Arbitrary<readonly ValueMatch[]> {
  return fc.oneof(
    { weight: 2, arbitrary: fc.constant([]) },
    { weight: 1, arbitrary: fc.array(match, { minLength: 1, maxLength: 6 }) },
  );
}

const exact = (...texts: readonly string[]): fc.Arbitrary<ValueMatch> =>
  fc.constantFrom(...texts).map((value) => ({ kind: "exact", value }));
const block = fc.constantFrom(...BLOCKS).map((value): ValueMatch => ({ kind: "cidr", value }));
const principal = valueMatch(PEERS.map((peer) => peer.slice("spiffe://".length)));
/** The texts around a star may touch (`sh*op`) and not overlap (`sho*op`). */
const around = fc
  .constantFrom("s*p", "sh*op", "sho*op", "sho*p", "b*p", "b*k", "s*shop")
  .map((text) => parseNamespace(text) ?? { kind: "present" as const });
const namespace = fc.oneof({ weight: 3, arbitrary: valueMatch(["shop", "bank"]) }, around);
const serviceAccount = exact("shop/cart", "shop/pay", "bank/pay");
const trustDomain = valueMatch(["cluster.local", "other.test"]);
const requestPrincipal = fc
  .constantFrom(
    "*",
    "b/s",
    "b/*",
    "https://a.test/user",
    "https://a.test/us*",
    "*/user",
    "*ser",
    "http*",
    "b/user/1",
    "*s.test/s",
    "b",
  )
  .map(parseRequestPrincipal);
const claimValue = valueMatch(["one", "two", "three"]);

const path = fc.oneof(
  valueMatch(PATHS),
  fc.constantFrom(...TEMPLATES).map((value): ValueMatch => ({ kind: "template", value })),
);
const ports = fc.oneof({ weight: 3, arbitrary: fc.constant([]) }, fc.subarray(PORTS, { maxLength: 2 }));

const to = fc
  .record({
    hosts: list(valueMatch(HOSTS)),
    notHosts: list(valueMatch(HOSTS)),
    ports,
    notPorts: ports,
    methods: list(valueMatch(METHODS)),
    notMethods: list(valueMatch(METHODS)),
    paths: list(path),
    notPaths: list(path),
  })
  .map(operation);

const from: fc.Arbitrary<AuthorizationSource> = fc.record(
  {
    principals: list(principal),
    notPrincipals: list(principal),
    requestPrincipals: list(requestPrincipal),
    notRequestPrincipals: list(requestPrincipal),
    namespaces: list(namespace),
    notNamespaces: list(namespace),
    serviceAccounts: list(serviceAccount),
    notServiceAccounts: list(serviceAccount),
    trustDomains: list(trustDomain),
    notTrustDomains: list(trustDomain),
    ipBlocks: list(block),
    notIpBlocks: list(block),
    remoteIpBlocks: list(block),
    notRemoteIpBlocks: list(block),
  },
  { requiredKeys: [] },
);

const KEYS: readonly (readonly [ConditionKey, fc.Arbitrary<ValueMatch>])[] = [
  ...HEADERS.map((header) => [{ header }, valueMatch(VALUES)] as const),
  [{ attribute: "source.ip" }, block],
  [{ attribute: "remote.ip" }, block],
  [{ attribute: "destination.ip" }, block],
  [{ attribute: "destination.port" }, exact(...PORTS.map(String))],
  [{ attribute: "source.namespace" }, namespace],
  [{ attribute: "source.principal" }, principal],
  [{ attribute: "source.serviceAccount" }, serviceAccount],
  [{ attribute: "source.trustDomain" }, trustDomain],
  [{ attribute: "request.auth.principal" }, requestPrincipal],
  [{ attribute: "request.auth.audiences" }, claimValue],
  [{ attribute: "request.auth.presenter" }, claimValue],
  [{ attribute: "connection.sni" }, valueMatch(["a.test", "b.test"])],
  [{ claim: ["roles"] }, claimValue],
  [{ claim: ["deep", "roles"] }, claimValue],
  [{ filter: FILTER, key: "k" }, claimValue],
];

const condition: fc.Arbitrary<AuthorizationCondition> = fc
  .constantFrom(...KEYS)
  .chain(([key, match]) =>
    fc.record({ values: list(match), notValues: list(match) }).map((values) => ({ ...key, ...values })),
  );

/** Mostly rules that ask for something: those that match every request hide all others. */
const rule = fc.oneof(
  {
    weight: 9,
    arbitrary: fc.record({
      from: fc.array(from, { maxLength: 2 }),
      to: fc.array(to, { minLength: 1, maxLength: 2 }),
      when: fc.array(condition, { maxLength: 2 }),
    }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      from: fc.array(from, { maxLength: 2 }),
      to: fc.constant([]),
      when: fc.array(condition, { minLength: 1, maxLength: 2 }),
    }),
  },
  { weight: 1, arbitrary: fc.constant({ to: [], when: [] }) },
);

/** A few policies of every action, with names that sort otherwise than they come. */
export const policies: fc.Arbitrary<readonly AuthorizationPolicy[]> = fc
  .array(
    fc.record({
      name: fc.constantFrom("p", "q", "r", "s"),
      action: fc.constantFrom("ALLOW" as const, "DENY" as const, "ALLOW", "DENY", "AUDIT" as const, "CUSTOM" as const),
      dryRun: fc.oneof({ weight: 5, arbitrary: fc.constant(false) }, fc.constant(true)),
      rules: fc.array(rule, { maxLength: 12 }),
    }),
    { minLength: 1, maxLength: 3 },
  )
  .map((drawn) =>
    drawn.map(({ name, action, dryRun, rules }, i) => ({
      ref: {
        kind: "AuthorizationPolicy",
        namespace: "ns",
        name: `${name}${i}`,
        position: { file: "f", line: 1, column: 1 },
      },
      labels: {},
      selector: {},
      action,
      ...(action === "CUSTOM" ? { provider: "absent" } : {}),
      ...(dryRun && (action === "ALLOW" || action === "DENY") ? { dryRun } : {}),
      rules,
    })),
  );

const texts = fc.oneof(
  fc.constantFrom("one", "two", "three", "", "other"),
  fc.subarray(["one", "two", "three", "other"]),
);
const claims = fc.record(
  {
    iss: fc.constantFrom(...ISSUERS),
    sub: fc.constantFrom(...SUBJECTS),
    aud: texts,
    azp: texts,
    roles: texts,
    deep: fc.record({ roles: texts }),
  },
  { requiredKeys: [] },
);

export const request: fc.Arbitrary<AuthorizationRequest> = fc.record(
  {
    method: fc.constantFrom(...METHODS),
    host: fc.constantFrom(...HOSTS),
    path: fc.constantFrom(...PATHS),
    port: fc.constantFrom(...PORTS),
    headers: fc
      .record({ "x-user": fc.constantFrom(...VALUES), "x-role": fc.constantFrom(...VALUES) }, { requiredKeys: [] })
      .map((headers): Record<string, string> => ({ ...headers })),
    sourceIp: fc.constantFrom(...ADDRESSES),
    remoteIp: fc.constantFrom(...ADDRESSES),
    destinationIp: fc.constantFrom(...ADDRESSES),
    sni: fc.constantFrom("a.test", "b.test", ""),
    peer: fc.constantFrom(...PEERS),
    claims,
    metadata: fc.record({ [FILTER]: fc.record({ k: texts }) }),
  },
  { requiredKeys: ["method", "host", "path", "port", "headers", "sourceIp", "remoteIp", "destinationIp"] },
);
