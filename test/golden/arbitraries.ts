import * as fc from "fast-check";
import type { AuthorizationPolicy, ValueMatch } from "../../controlplane/src/model/types.ts";
import { operation } from "./models.ts";
import type { RequestFacts } from "./reference/authorization.ts";

// Small alphabets: random values have to meet often enough for both answers to be common.
const METHODS = ["GET", "POST", "PUT"];
const HOSTS = ["a.test", "A.Test", "b.test", "b.test:80", "xn--ü", ""];
const PATHS = ["/", "/a", "/a/b", "/a//b", "/a/b/c", "/a/b/c.css", "/a b", '/a/"', "/ä", "/{*}", "//", ""];
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
];

/** Exact, prefix, suffix and presence forms of the values that requests carry. */
function valueMatch(texts: readonly string[]): fc.Arbitrary<ValueMatch> {
  const text = fc.constantFrom(...texts);
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
    { weight: 1, arbitrary: fc.array(match, { minLength: 1, maxLength: 3 }) },
  );
}

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

const condition = fc.record({
  header: fc.constantFrom(...HEADERS),
  values: list(valueMatch(VALUES)),
  notValues: list(valueMatch(VALUES)),
});

/** Mostly rules that ask for something: those that match every request hide all others. */
const rule = fc.oneof(
  {
    weight: 9,
    arbitrary: fc.record({
      to: fc.array(to, { minLength: 1, maxLength: 2 }),
      when: fc.array(condition, { maxLength: 2 }),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({ to: fc.constant([]), when: fc.array(condition, { minLength: 1, maxLength: 2 }) }),
  },
  { weight: 1, arbitrary: fc.constant({ to: [], when: [] }) },
);

/** A few policies of either action, with names that sort otherwise than they come. */
export const policies: fc.Arbitrary<readonly AuthorizationPolicy[]> = fc
  .array(
    fc.record({
      name: fc.constantFrom("p", "q", "r", "s"),
      action: fc.constantFrom("ALLOW" as const, "DENY" as const),
      rules: fc.array(rule, { maxLength: 4 }),
    }),
    { minLength: 1, maxLength: 3 },
  )
  .map((drawn) =>
    drawn.map(({ name, action, rules }, i) => ({
      ref: {
        kind: "AuthorizationPolicy",
        namespace: "ns",
        name: `${name}${i}`,
        position: { file: "f", line: 1, column: 1 },
      },
      labels: {},
      selector: {},
      action,
      rules,
    })),
  );

export const request: fc.Arbitrary<RequestFacts> = fc.record({
  method: fc.constantFrom(...METHODS),
  host: fc.constantFrom(...HOSTS),
  path: fc.constantFrom(...PATHS),
  port: fc.constantFrom(...PORTS),
  headers: fc
    .record({ "x-user": fc.constantFrom(...VALUES), "x-role": fc.constantFrom(...VALUES) }, { requiredKeys: [] })
    .map((headers): Record<string, string> => ({ ...headers })),
});
