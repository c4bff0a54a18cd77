import * as fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";
import type { AuthorizationPolicy } from "../../controlplane/src/model/types.ts";
import { compileAuthorization } from "../../controlplane/src/policy/index.ts";
import { annotate, LAYOUTS } from "./annotate.ts";
import { decideByFilter } from "./authorization-facts.ts";
import { policies, request } from "./arbitraries.ts";
import { authorizationPolicy, operation, values } from "./models.ts";
import { loadPureFilter } from "./pure-filter.ts";
import type { PureFilter } from "./pure-filter.ts";
import { evaluate } from "./reference/authorization.ts";
import type { RequestFacts } from "./reference/authorization.ts";

const RUNS = 10_000;

interface Case {
  readonly name: string;
  readonly policies: readonly AuthorizationPolicy[];
  /** A request line (`METHOD host:port path header=value …`) and who denies it, or "-". */
  readonly requests: readonly (readonly [line: string, deniedBy: string])[];
}

const CASES: readonly Case[] = [
  {
    name: "allow nothing",
    policies: [authorizationPolicy("nothing", "ALLOW")],
    requests: [["GET a:80 /", "none"]],
  },
  {
    name: "allow all",
    policies: [authorizationPolicy("all", "ALLOW", {})],
    requests: [["GET a:80 /", "-"]],
  },
  {
    name: "deny all",
    policies: [authorizationPolicy("all", "DENY", {})],
    requests: [["GET a:80 /", "ns[bookinfo]-policy[all]-rule[0]"]],
  },
  {
    name: "deny without rules has no effect",
    policies: [authorizationPolicy("none", "DENY")],
    requests: [["GET a:80 /", "-"]],
  },
  {
    name: "deny comes before allow",
    policies: [
      authorizationPolicy("readers", "ALLOW", { to: [operation({ methods: values("GET", "HEAD") })] }),
      authorizationPolicy("admin", "DENY", { to: [operation({ paths: values("/admin*") })] }),
    ],
    requests: [
      ["GET a:80 /", "-"],
      ["POST a:80 /", "none"],
      ["GET a:80 /admin/users", "ns[bookinfo]-policy[admin]-rule[0]"],
    ],
  },
  {
    name: "hosts of either case, the port counted in",
    policies: [authorizationPolicy("h", "ALLOW", { to: [operation({ hosts: values("Reviews.Example", "*.test") })] })],
    requests: [
      ["GET REVIEWS.example:80 /", "-"],
      ["GET a.TEST:80 /", "-"],
      ["GET reviews:80 /", "none"],
    ],
  },
  {
    name: "paths: exact, prefix, suffix, presence, templates",
    policies: [
      authorizationPolicy("p", "ALLOW", {
        to: [
          operation({
            paths: values("/exact", "/pre*", "*.css", "/allow/admin/{**}", "/foo/{*}/bar/{**}", "/store/{**}/cart"),
          }),
        ],
      }),
    ],
    requests: [
      ["GET a:80 /exact", "-"],
      ["GET a:80 /exactly", "none"],
      ["GET a:80 /prefixed", "-"],
      ["GET a:80 /x/main.css", "-"],
      ["GET a:80 /allow/admin/temp", "-"],
      ["GET a:80 /allow/admin/foo/temp.txt", "-"],
      ["GET a:80 /foo/buzz/bar/bat/fuzz.txt", "-"],
      ["GET a:80 /store//cart", "-"],
      ["GET a:80 /store/foo/bar/cart", "-"],
      ["GET a:80 /allow", "none"],
      ["GET a:80 /allow/user/", "none"],
      ["GET a:80 /allow/admin", "none"],
      ["GET a:80 /foo/bar/bat.txt", "none"],
      ["GET a:80 /foo//bar/bat.txt", "none"],
      ["GET a:80 /store/cart", "none"],
    ],
  },
  {
    name: "ports and what must not be",
    policies: [
      authorizationPolicy("n", "DENY", {
        to: [operation({ ports: [9080], notMethods: values("GET"), notPaths: values("/health") })],
      }),
    ],
    requests: [
      ["POST a:9080 /", "ns[bookinfo]-policy[n]-rule[0]"],
      ["POST a:9080 /health", "-"],
      ["GET a:9080 /", "-"],
      ["POST a:9081 /", "-"],
    ],
  },
  {
    name: "headers: value, presence, absence",
    policies: [
      authorizationPolicy(
        "w",
        "ALLOW",
        { when: [{ header: "x-user", values: values("jason", "test-*"), notValues: [] }] },
        { when: [{ header: "x-token", values: values("*"), notValues: values("*-revoked") }] },
      ),
    ],
    requests: [
      ["GET a:80 / x-user=jason", "-"],
      ["GET a:80 / x-user=test-1", "-"],
      ["GET a:80 / x-user=jason,test-1", "none"],
      ["GET a:80 / x-token=a", "-"],
      ["GET a:80 / x-token=a-revoked", "none"],
      ["GET a:80 /", "none"],
    ],
  },
];

let filter: PureFilter;

beforeAll(async () => {
  filter = await loadPureFilter("authorization");
}, 60_000);

function decide(program: Uint8Array, facts: RequestFacts): ReturnType<typeof decideByFilter> {
  const at = filter.put(program);
  expect(filter.call("check", at, program.length)).toBe(0);
  return decideByFilter(filter, at, facts);
}

describe("authorization", () => {
  test.each(CASES)("$name", async ({ name, policies: input, requests }) => {
    const program = compileAuthorization(input) ?? new Uint8Array();
    await expect(`${annotate(program, LAYOUTS.authorization)}\n`).toMatchFileSnapshot(goldenFile(name));
    for (const [line, deniedBy] of requests) {
      const expected = deniedBy === "-" ? { allowed: true } : { allowed: false, deniedBy };
      expect(evaluate(input, parseRequest(line)), `reference: ${line}`).toEqual(expected);
      expect(decide(program, parseRequest(line)), `filter: ${line}`).toEqual(expected);
    }
  });

  test("no policy, no program", () => {
    expect(compileAuthorization([])).toBeUndefined();
  });

  test("the order in which policies come changes nothing", () => {
    const input = CASES.flatMap((one) => one.policies).map((policy, i) => ({
      ...policy,
      ref: { ...policy.ref, name: `p${i}` },
    }));
    const decideAll = (ordered: readonly AuthorizationPolicy[]): unknown =>
      decide(compileAuthorization(ordered) ?? new Uint8Array(), parseRequest("GET a:80 /"));
    expect(decideAll(input.toReversed())).toEqual(decideAll(input));
  });

  test(`${RUNS} random policies and requests: the filter decides as the reference does`, { timeout: 120_000 }, () => {
    fc.assert(
      fc.property(policies, request, (input, facts) => {
        const program = compileAuthorization(input);
        const expected = evaluate(input, facts);
        if (program === undefined) expect(expected).toEqual({ allowed: true });
        else expect(decide(program, facts)).toEqual(expected);
      }),
      { numRuns: RUNS },
    );
  });

  test.each([
    ["inbound|9080||reviews.bookinfo.svc.cluster.local", 9080],
    ["inbound|65535||x", 65_535],
    ["inbound|99999999999||x", 0],
    ["inbound|90x||x", 0],
    ["inbound|9080", 0],
    ["inbound|", 0],
    ["outbound|9080||x", 0],
    ["", 0],
  ])("the program's port in cluster %j is %d", (name, port) => {
    const bytes = new TextEncoder().encode(name);
    expect(filter.call("portOfInboundCluster", filter.put(bytes), bytes.length)).toBe(port);
  });
});

function goldenFile(name: string): string {
  return `programs/authorization-${name.replaceAll(/[^a-z]+/g, "-")}.txt`;
}

function parseRequest(line: string): RequestFacts {
  const [method = "", authority = "", path = "", ...headers] = line.split(" ");
  const [host = "", port = ""] = authority.split(":");
  return {
    method,
    host,
    port: Number(port),
    path,
    headers: Object.fromEntries(headers.map((header) => header.split("="))),
  };
}
