import * as fc from "fast-check";
import type { Header, PropertyTree } from "@sluice/host";
import { beforeAll, describe, expect, test } from "vitest";
import { TIME_FIELDS } from "../../controlplane/src/model/header-policy.ts";
import type { HeaderPolicy, Template } from "../../controlplane/src/model/header-policy.ts";
import type { Headers } from "../../controlplane/src/model/types.ts";
import { bundlePrograms, compileHeaders } from "../../controlplane/src/policy/index.ts";
import { annotate, LAYOUTS } from "./annotate.ts";
import * as reference from "./cookie-reference.ts";
import { headerOperations, headerPolicy } from "./models.ts";
import { loadPolicies, policiesModule, routeMetadata } from "./policies.ts";
import { loadPureFilter } from "./pure-filter.ts";
import type { PureFilter } from "./pure-filter.ts";

const text = (value: string): Template => [{ text: value }];
const user: Template = [{ requestHeader: "x-user" }];
const rewrite = (pattern: string, substitution: string): Partial<HeaderPolicy> => ({
  request: headerOperations({ rewrite: { "x-a": { pattern, substitution } } }),
});

const CASES: readonly (readonly [name: string, policy: HeaderPolicy])[] = [
  [
    "every operation and part",
    headerPolicy({
      request: headerOperations({
        rename: { "x-old": "x-new" },
        remove: ["x-gone"],
        set: { "x-user": [{ text: "user " }, { requestHeader: "x-id" }] },
        add: { "x-peer": [{ property: ["connection", "uri_san_peer_certificate"] }] },
        default: { "x-env": text("prod"), "x-empty": [] },
        rewrite: { "x-path": { pattern: "^/v([1-9é])/", substitution: "/\\1-" } },
      }),
      response: headerOperations({
        set: {
          "x-served": [{ responseHeader: "server" }, { time: "month" }, { property: ["source", "port"], as: "number" }],
        },
      }),
      cookies: [{ name: "id", attributes: { Secure: "", SameSite: "Lax" } }],
    }),
  ],
];

let filter: PureFilter;
let module: Uint8Array<ArrayBuffer>;

beforeAll(async () => {
  filter = await loadPureFilter("headers");
  module = await policiesModule();
}, 120_000);

test.each(CASES)("the program of %s", async (name, policy) => {
  const bytes = compileHeaders(undefined, new Map(), undefined, undefined, [policy]) ?? new Uint8Array();
  const file = `programs/headers-policy-${name.replaceAll(" ", "-")}.txt`;
  await expect(`${annotate(bytes, LAYOUTS.headers)}\n`).toMatchFileSnapshot(file);
  expect(filter.call("check", filter.put(bytes), bytes.length)).toBe(0);
});

test("what Envoy itself has to do to a request is left out", () => {
  const request = headerOperations({ set: { "x-a": text("1") }, rename: { "x-b": "x-a" } });
  const policies = [headerPolicy({ request })];
  expect(compileHeaders(undefined, new Map(), undefined, new Set(["x-a"]), policies)).toBeUndefined();
});

function exchange(
  policy: Partial<HeaderPolicy>,
  request: readonly Header[],
  response: readonly Header[] = [],
  { own, properties = {} }: { readonly own?: Headers; readonly properties?: PropertyTree } = {},
) {
  const { host, plugin } = loadPolicies(module);
  const program = compileHeaders(own, new Map(), undefined, undefined, [headerPolicy(policy)]);
  const metadata = routeMetadata(Buffer.from(bundlePrograms({ headers: program }) ?? []).toString("base64"));
  const xds = { ...(metadata["xds"] as object), ...(properties["xds"] as object | undefined) };
  const stream = plugin.stream({ requestHeaders: request, properties: { ...properties, xds } });
  stream.requestHeaders();
  const sent = stream.upstream.headers?.toArray() ?? [];
  stream.responseHeaders([[":status", "200"], ...response]);
  const answered = stream.downstream.headers?.toArray() ?? [];
  expect(host.logs.filter(({ level }) => level > 2)).toEqual([]);
  return { sent, answered: answered.filter(([name]) => name !== ":status") };
}

describe("a request's headers", () => {
  const set = (value: Template) => ({ request: headerOperations({ set: { "x-a": value } }) });
  const properties = {
    source: { address: "10.0.0.1:80", port: 80n },
    destination: { address: "[::1]:9080" },
    request: { time: 1_898_964_309_012_345_678n },
    xds: { node: { metadata: { ENV: "prod" } } },
    metadata: { filter_metadata: { "envoy.filters.http.jwt_authn": { payload: { sub: "anne" } } } },
  };
  test.each<[string, Partial<HeaderPolicy>, readonly Header[], readonly Header[]]>([
    ["text", set(text("1")), [["x-a", "0"]], [["x-a", "1"]]],
    [
      "a header among text",
      set([{ text: "<" }, ...user, { text: ">" }]),
      [["x-user", "anne"]],
      [
        ["x-user", "anne"],
        ["x-a", "<anne>"],
      ],
    ],
    ["the address", set([{ property: ["source", "address"] }]), [], [["x-a", "10.0.0.1:80"]]],
    ["the address without its port", set([{ property: ["source", "address"], as: "host" }]), [], [["x-a", "10.0.0.1"]]],
    ["the same of IPv6", set([{ property: ["destination", "address"], as: "host" }]), [], [["x-a", "::1"]]],
    ["a number", set([{ property: ["source", "port"], as: "number" }]), [], [["x-a", "80"]]],
    [
      "the time",
      set(TIME_FIELDS.flatMap((time) => [{ time }, { text: " " }])),
      [],
      [["x-a", "2030 03 05 18 05 09 012 012345 012345678 1898964309 "]],
    ],
    ["what an expression makes of it", rewrite("b+(.)", "<\\1>"), [["x-a", "abbcb-"]], [["x-a", "a<c><->"]]],
    ["what an expression does not match", rewrite("^b", "x"), [["x-a", "ab"]], [["x-a", "ab"]]],
    ["no header for an expression", rewrite(".*", "x"), [["x-b", "ab"]], [["x-b", "ab"]]],
    [
      "all values, in their order, by an expression",
      rewrite("^b", "x"),
      [
        ["x-a", "ab"],
        ["x-b", "1"],
        ["x-a", "ba"],
      ],
      [
        ["x-b", "1"],
        ["x-a", "ab"],
        ["x-a", "xa"],
      ],
    ],
    [
      "a value that was set, taken apart",
      {
        request: headerOperations({
          set: { "x-a": user },
          rewrite: { "x-a": { pattern: ".*@", substitution: "" } },
        }),
      },
      [["x-user", "anne@home"]],
      [
        ["x-user", "anne@home"],
        ["x-a", "home"],
      ],
    ],
    ["the node", set([{ property: ["xds", "node", "metadata", "ENV"] }]), [], [["x-a", "prod"]]],
    [
      "a claim",
      set([{ property: ["metadata", "filter_metadata", "envoy.filters.http.jwt_authn", "payload", "sub"] }]),
      [],
      [["x-a", "anne"]],
    ],
    [
      "one of two facts is there",
      set([...user, { text: "," }, { requestHeader: "x-id" }]),
      [["x-id", "7"]],
      [
        ["x-id", "7"],
        ["x-a", ",7"],
      ],
    ],
    ["no fact is there: set removes what the client sent", set(user), [["x-a", "forged"]], []],
    [
      "no fact is there: add adds nothing",
      { request: headerOperations({ add: { "x-a": user } }) },
      [["x-a", "0"]],
      [["x-a", "0"]],
    ],
    [
      "a default where there is none",
      { request: headerOperations({ default: { "x-a": text("1") } }) },
      [],
      [["x-a", "1"]],
    ],
    [
      "a default where there is one",
      { request: headerOperations({ default: { "x-a": text("1") } }) },
      [["x-a", "0"]],
      [["x-a", "0"]],
    ],
    [
      "a new name, all values in order",
      { request: headerOperations({ rename: { "x-a": "x-b" } }) },
      [
        ["x-a", "1"],
        ["x-b", "0"],
        ["x-a", "2"],
      ],
      [
        ["x-b", "1"],
        ["x-b", "2"],
      ],
    ],
    [
      "a new name for what is not there",
      { request: headerOperations({ rename: { "x-a": "x-b" } }) },
      [["x-b", "0"]],
      [["x-b", "0"]],
    ],
    ["a fact that is no text", set(user), [["x-user", "a\u0001b"]], [["x-user", "a\u0001b"]]],
  ])("%s", (_name, policy, request, expected) => {
    expect(exchange(policy, request, [], { properties }).sent).toEqual(expected);
  });

  test("come after the VirtualService's", () => {
    const own = { request: { set: { "x-user": "anne" }, add: {}, remove: [] } };
    expect(exchange(set(user), [], [], { own }).sent).toContainEqual(["x-a", "anne"]);
  });
});

describe("a response's headers", () => {
  test("may say what the request's said", () => {
    const response = headerOperations({ set: { "x-a": [...user, { text: "/" }, { responseHeader: "server" }] } });
    expect(exchange({ response }, [["x-user", "anne"]], [["server", "s"]]).answered).toContainEqual(["x-a", "anne/s"]);
  });

  test("have the cookies' attributes", () => {
    const cookies = [{ name: "id", attributes: { Path: "/", Secure: "", SameSite: "Lax" } }];
    const response: readonly Header[] = [
      ["set-cookie", "a=1; path=/x"],
      ["set-cookie", "id=2; Path=/x; samesite=None; HttpOnly"],
      ["x-b", "1"],
    ];
    expect(exchange({ cookies }, [], response).answered).toEqual([
      ["x-b", "1"],
      ["set-cookie", "a=1; path=/x"],
      ["set-cookie", "id=2; HttpOnly; Path=/; Secure; SameSite=Lax"],
    ]);
  });
});

test("times are those of a calendar", () => {
  const property = fc.property(fc.integer({ min: 0, max: 7_258_118_400_000 }), (ms) => {
    const texts = TIME_FIELDS.slice(0, 7).map((_, field) =>
      filter.text(place, filter.call("writeTime", BigInt(ms) * 1_000_000n, field, place)),
    );
    expect(texts).toEqual(new Date(ms).toISOString().match(/\d+/g));
  });
  const place = filter.put(new Uint8Array(24));
  fc.assert(property, { numRuns: 1000 });
});

test("10,000 cookies are changed as the reference changes them", { timeout: 60_000 }, () => {
  const encoder = new TextEncoder();
  const piece = fc.constantFrom(
    "id",
    "ID",
    "=",
    ";",
    "; ",
    " ",
    "\t",
    "path",
    "PATH",
    "secure",
    "Secure",
    "x",
    "=/",
    "",
  );
  const cookie = fc.array(piece, { maxLength: 12 }).map((pieces) => pieces.join(""));
  const attributes = fc.constantFrom("; Path=/", "; Secure", "; Path=/; Secure; SameSite=Lax");
  const lengthAt = filter.put(new Uint8Array(4));
  const room = filter.put(new Uint8Array(4096));
  const put = (at: number, value: string): readonly [number, number] => {
    const bytes = encoder.encode(value);
    filter.bytes(at, bytes.length).set(bytes);
    return [at, bytes.length];
  };
  const property = fc.property(cookie, attributes, fc.constantFrom("id", "*", "x"), (value, change, name) => {
    const at = put(room, value);
    expect(filter.call("isCookie", ...at, ...put(room + 2048, name))).toBe(reference.isCookie(value, name) ? 1 : 0);
    const changed = filter.call("changeCookie", ...at, ...put(room + 1024, change), lengthAt);
    expect(filter.text(changed, filter.word(lengthAt))).toBe(reference.withAttributes(value, change));
  });
  fc.assert(property, { numRuns: 10_000 });
});
