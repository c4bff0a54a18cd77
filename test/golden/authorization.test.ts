import * as fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";
import type { AuthorizationPolicy, AuthorizationRule, ValueMatch } from "../../controlplane/src/model/types.ts";
import { compileAuthorization, evaluate, evaluateRules } from "../../controlplane/src/policy/authorization.ts";
import type { AuthorizationRequest, Decision } from "../../controlplane/src/policy/authorization.ts";
import { annotate, LAYOUTS } from "./annotate.ts";
import { LoadedProgram } from "./authorization-facts.ts";
import { compareStars } from "./authorization-namespaces.ts";
import { policies, request } from "./arbitraries.ts";
import { authorizationPolicy, namespaces, operation, values } from "./models.ts";
import { loadPureFilter } from "./pure-filter.ts";
import type { PureFilter } from "./pure-filter.ts";

/** More on demand: SLUICE_RUNS=1000000. */
const RUNS = Number(process.env["SLUICE_RUNS"] ?? 10_000);

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
  {
    name: "peers: principals, namespaces, accounts, trust domains",
    policies: [
      authorizationPolicy(
        "s",
        "ALLOW",
        { from: [{ principals: values("cluster.local/ns/shop/sa/cart", "*/sa/pay") }] },
        { from: [{ namespaces: values("bank"), notServiceAccounts: values("bank/robber") }] },
        { from: [{ trustDomains: values("other.test"), notPrincipals: values("*/sa/none") }] },
      ),
    ],
    requests: [
      ["GET a:80 / peer=cluster.local/ns/shop/sa/cart", "-"],
      ["GET a:80 / peer=any.test/ns/x/sa/pay", "-"],
      ["GET a:80 / peer=cluster.local/ns/bank/sa/teller", "-"],
      ["GET a:80 / peer=cluster.local/ns/bank/sa/robber", "none"],
      ["GET a:80 / peer=other.test/ns/x/sa/y", "-"],
      ["GET a:80 / peer=other.test/ns/x/sa/none", "none"],
      ["GET a:80 /", "none"],
    ],
  },
  {
    name: "namespaces with a star inside",
    policies: [
      authorizationPolicy("in", "ALLOW", { from: [{ namespaces: namespaces("team-*-prod", "sho*op", "ops") }] }),
      authorizationPolicy("out", "DENY", { from: [{ notNamespaces: namespaces("team-*", "o*s", "s*p") }] }),
    ],
    requests: [
      ["GET a:80 / peer=cluster.local/ns/team-a-prod/sa/b", "-"],
      ["GET a:80 / peer=cluster.local/ns/team-a-b.C_d-prod/sa/b", "-"],
      ["GET a:80 / peer=cluster.local/ns/team--prod/sa/b", "-"],
      ["GET a:80 / peer=cluster.local/ns/ops/sa/b", "-"],
      ["GET a:80 / peer=cluster.local/ns/team-prod/sa/b", "none"],
      ["GET a:80 / peer=cluster.local/ns/team-a-prod2/sa/b", "none"],
      ["GET a:80 / peer=cluster.local/ns/team-a/sa/x-prod", "none"],
      ["GET a:80 / peer=cluster.local/ns/shop/sa/b", "none"],
      ["GET a:80 / peer=cluster.local/ns/my-team-a-prod/sa/b", "ns[bookinfo]-policy[out]-rule[0]"],
      ["GET a:80 /", "ns[bookinfo]-policy[out]-rule[0]"],
    ],
  },
  {
    name: "addresses: blocks of both versions, direct and forwarded",
    policies: [
      authorizationPolicy("i", "DENY", {
        from: [
          { ipBlocks: blocks("10.0.0.0/8", "10.1.0.0/16", "fd00::/8"), notIpBlocks: blocks("10.1.2.3/32") },
          { remoteIpBlocks: blocks("192.168.0.0/16") },
        ],
      }),
    ],
    requests: [
      ["GET a:80 / source=10.9.9.9", "ns[bookinfo]-policy[i]-rule[0]"],
      ["GET a:80 / source=10.1.2.3", "-"],
      ["GET a:80 / source=10.1.2.4", "ns[bookinfo]-policy[i]-rule[0]"],
      ["GET a:80 / source=fd12::1", "ns[bookinfo]-policy[i]-rule[0]"],
      ["GET a:80 / source=11.0.0.1", "-"],
      ["GET a:80 / source=11.0.0.1 remote=192.168.7.7", "ns[bookinfo]-policy[i]-rule[0]"],
    ],
  },
  {
    name: "actions: a provider that is not there denies, dry run and audit do nothing",
    policies: [
      { ...authorizationPolicy("ext", "CUSTOM", { to: [operation({ paths: values("/ext") })] }), provider: "absent" },
      authorizationPolicy("log", "AUDIT", {}),
      { ...authorizationPolicy("try", "DENY", {}), dryRun: true },
      { ...authorizationPolicy("trial", "ALLOW"), dryRun: true },
    ],
    requests: [
      ["GET a:80 /ext", "ns[bookinfo]-policy[ext]-rule[0]"],
      ["GET a:80 /other", "-"],
    ],
  },
];

let filter: PureFilter;

beforeAll(async () => {
  filter = await loadPureFilter("authorization");
}, 60_000);

function decide(program: Uint8Array, facts: AuthorizationRequest): Decision {
  const at = filter.put(program);
  expect(filter.call("check", at, program.length)).toBe(0);
  const decision = new LoadedProgram(filter, at).decide(facts);
  filter.call("release", at);
  return decision;
}

function load(input: readonly AuthorizationPolicy[]): LoadedProgram {
  return new LoadedProgram(filter, filter.put(compileAuthorization(input) ?? new Uint8Array()));
}

function xUser(value: string): AuthorizationRule["when"][number] {
  return { header: "x-user", values: values(value), notValues: [] };
}

/** How many rules are walked together at most. */
function longestList(program: Uint8Array): number {
  const view = new DataView(program.buffer);
  const [nodes, count] = [view.getUint32(108, true), view.getUint32(112, true)];
  return Math.max(...Array.from({ length: count }, (_, node) => view.getUint32(nodes + node * 20 + 8, true)));
}

function compare(
  program: LoadedProgram,
  input: readonly AuthorizationPolicy[],
  facts: AuthorizationRequest,
  seen: { allowed: number; none: number; rule: number; observed: number },
): void {
  const expected = evaluate(input, facts);
  const decision = program.decide(facts);
  if (JSON.stringify(verdict(decision)) !== JSON.stringify(verdict(expected)))
    expect(verdict(decision)).toEqual(verdict(expected));
  const matching = evaluateRules(input, facts).filter(({ mismatch }) => mismatch === undefined);
  if (decision.allowed && decision.by !== undefined)
    expect(matching.map(({ identity }) => identity)).toContain(decision.by);
  if (decision.allowed) seen.allowed += 1;
  else seen[decision.deniedBy === "none" ? "none" : "rule"] += 1;
  for (const [section, action, dryRun] of OBSERVED) {
    const first = matching.find(({ policy }) => policy.action === action && (policy.dryRun ?? false) === dryRun);
    if (first !== undefined) seen.observed += 1;
    if (program.match(section, facts) !== first?.identity) expect(program.match(section, facts)).toBe(first?.identity);
  }
}

/** The sections of a program that have no effect. */
const OBSERVED = [
  [2, "AUDIT", false],
  [3, "DENY", true],
  [4, "ALLOW", true],
] as const;

/** Of several ALLOW rules that match, the filter may name any: it stops at the first one that it finds. */
function verdict(decision: Decision): Decision {
  return decision.allowed ? { allowed: true } : decision;
}

describe("authorization", () => {
  test.each(CASES)("$name", async ({ name, policies: input, requests }) => {
    const program = compileAuthorization(input) ?? new Uint8Array();
    await expect(`${annotate(program, LAYOUTS.authorization)}\n`).toMatchFileSnapshot(goldenFile(name));
    for (const [line, deniedBy] of requests) {
      const expected = deniedBy === "-" ? { allowed: true } : { allowed: false, deniedBy };
      expect(verdict(evaluate(input, parseRequest(line))), `reference: ${line}`).toEqual(expected);
      expect(verdict(decide(program, parseRequest(line))), `filter: ${line}`).toEqual(expected);
    }
  });

  test("a fact is read only when a decision comes to it, and once", () => {
    const rule = { to: [operation({ paths: values("/a") })], when: [xUser("ada"), xUser("*")] };
    const program = load([authorizationPolicy("p", "ALLOW", rule), authorizationPolicy("q", "DENY", rule)]);
    program.decide(parseRequest("GET a:80 /b"));
    expect(filter.call("reads")).toBe(1);
    program.decide(parseRequest("GET a:80 /a"));
    expect(filter.call("reads")).toBe(2);
  });

  test("of 10,000 rules that share hosts and paths a request meets few", () => {
    const rules = Array.from({ length: 10_000 }, (_, index) => ({
      to: [operation({ hosts: values(`h${index % 100}`), paths: values(`/p${Math.floor(index / 100)}/*`) })],
      when: [{ header: "x-any", values: values("*"), notValues: [] }],
    }));
    const bytes = compileAuthorization([authorizationPolicy("p", "ALLOW", ...rules)]) ?? new Uint8Array();
    expect(longestList(bytes)).toBeLessThanOrEqual(3);
    expect(decide(bytes, parseRequest("GET h42:80 /p17/x x-any=1"))).toEqual({
      allowed: true,
      by: "ns[bookinfo]-policy[p]-rule[1742]",
    });
    expect(decide(bytes, parseRequest("GET h42:80 /p170/x x-any=1"))).toEqual({ allowed: false, deniedBy: "none" });
  });

  test.each<[name: string, principal: string, peer: string, allowed: boolean]>([
    ["the mesh's own name", "mesh.test/ns/a/sa/b", "old.test/ns/a/sa/b", true],
    ["the name that stands for it", "cluster.local/ns/a/sa/b", "mesh.test/ns/a/sa/b", true],
    ["an alias", "old.test/ns/a/sa/*", "mesh.test/ns/a/sa/b", true],
    ["another mesh", "other.test/ns/a/sa/b", "mesh.test/ns/a/sa/b", false],
  ])("trust domains, %s: %s lets %s in: %s", (_, principal, peer, allowed) => {
    const policy = authorizationPolicy("p", "ALLOW", { from: [{ principals: values(principal) }] });
    const trust = { domain: "mesh.test", aliases: ["old.test"] };
    const program = compileAuthorization([policy], { trust }) ?? new Uint8Array();
    expect(decide(program, parseRequest(`GET a:80 / peer=${peer}`)).allowed).toBe(allowed);
  });

  test("a star inside a namespace: filter and reference as Istio's regular expression", () => {
    const { allowed, denied } = compareStars(filter);
    expect(Math.min(allowed, denied)).toBeGreaterThan(100);
  });

  test.each<[action: AuthorizationPolicy["action"], rule: Partial<AuthorizationRule>, allowed: boolean]>([
    ["ALLOW", { to: [operation({ ports: [80] })] }, true],
    ["ALLOW", { to: [operation({ ports: [80], methods: values("GET") })] }, false],
    ["ALLOW", { to: [operation({ ports: [80] })], when: [xUser("ada")] }, false],
    ["DENY", { to: [operation({ ports: [80], methods: values("GET") })] }, false],
    ["DENY", { to: [operation({ ports: [81], methods: values("GET") })] }, true],
    ["DENY", { from: [{ requestPrincipals: values("*") }] }, false],
  ])("a connection that is not HTTP under %s %j: %s", (action, rule, allowed) => {
    const program = compileAuthorization([authorizationPolicy("p", action, rule)], { protocol: "tcp" });
    const { method: _, path: __, host: ___, ...connection } = parseRequest("GET a:80 /");
    expect(decide(program ?? new Uint8Array(), connection).allowed).toBe(allowed);
  });

  test("CUSTOM of a provider that the mesh has is not the filter's affair", () => {
    const policy = { ...authorizationPolicy("p", "CUSTOM", {}), provider: "opa" };
    expect(compileAuthorization([policy], { providers: new Set(["opa"]) })).toBeUndefined();
    expect(compileAuthorization([policy], { providers: new Set(["other"]) })).toBeDefined();
  });

  test("who may ask why is a rule like any other", () => {
    const explain = { header: "X-Why", principals: values("cluster.local/ns/ops/sa/*") };
    const bytes = compileAuthorization([authorizationPolicy("p", "ALLOW", {})], { explain }) ?? new Uint8Array();
    const program = new LoadedProgram(filter, filter.put(bytes));
    const asks = (line: string): boolean => program.match(1, parseRequest(line)) !== undefined;
    expect(asks("GET a:80 / x-why=1 peer=cluster.local/ns/ops/sa/ada")).toBe(true);
    expect(asks("GET a:80 / x-why=1 peer=cluster.local/ns/shop/sa/ada")).toBe(false);
    expect(asks("GET a:80 / peer=cluster.local/ns/ops/sa/ada")).toBe(false);
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

  test(`${RUNS} random policies and requests: the filter decides as the reference does`, { timeout: 0 }, () => {
    const seen = { allowed: 0, none: 0, rule: 0, observed: 0 };
    fc.assert(
      fc.property(policies, fc.array(request, { minLength: 8, maxLength: 8 }), (input, requests) => {
        const at = filter.put(compileAuthorization(input) ?? new Uint8Array());
        const program = new LoadedProgram(filter, at);
        for (const facts of requests) compare(program, input, facts, seen);
        filter.call("release", at);
      }),
      { numRuns: RUNS / 8 },
    );
    // Each outcome is common, so that none is tested by chance only.
    for (const count of Object.values(seen)) expect(count).toBeGreaterThan(RUNS / 20);
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

function blocks(...texts: readonly string[]): readonly ValueMatch[] {
  return texts.map((value) => ({ kind: "cidr", value }));
}

function parseRequest(line: string): AuthorizationRequest {
  const [method = "", authority = "", path = "", ...headers] = line.split(" ");
  const [host = "", port = ""] = authority.split(":");
  const {
    peer,
    source = "11.0.0.1",
    remote = source,
    ...rest
  } = Object.fromEntries(
    headers.map((header): [string, string] => {
      const [name = "", value = ""] = header.split("=");
      return [name, value];
    }),
  );
  return {
    method,
    host,
    port: Number(port),
    path,
    sourceIp: source,
    remoteIp: remote,
    destinationIp: "11.0.0.2",
    ...(peer === undefined ? {} : { peer: `spiffe://${peer}` }),
    headers: rest,
  };
}
