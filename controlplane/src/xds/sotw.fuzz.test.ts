import * as fc from "fast-check";
import { expect, test } from "vitest";
import { KINDS, TYPE_URLS } from "../snapshot/kinds.ts";
import type { ResourceKind } from "../snapshot/types.ts";
import { drive, show } from "./kit.ts";
import type { Contents, Driver } from "./kit.ts";
import { isSettled } from "./machine.ts";
import type { DiscoveryResponse, Effects } from "./types.ts";

const names = ["a", "b", "c"];
const kinds = ["cluster", "endpoint", "listener", "route"] as const;
const contents: fc.Arbitrary<Contents> = fc.record(
  Object.fromEntries(
    kinds.map((each) => [
      each,
      fc.dictionary(fc.constantFrom(...names), fc.constantFrom("1", "2", "3"), { noNullPrototype: true }),
    ]),
  ),
);

type Op =
  | { readonly op: "snapshot"; readonly contents: Contents }
  | { readonly op: "names"; readonly kind: ResourceKind; readonly names: readonly string[] }
  | { readonly op: "answer"; readonly nack: boolean }
  | { readonly op: "tick"; readonly ms: number };

const op: fc.Arbitrary<Op> = fc.oneof(
  fc.record({ op: fc.constant("snapshot" as const), contents }),
  fc.record({
    op: fc.constant("names" as const),
    kind: fc.constantFrom("cluster" as const, "listener" as const),
    names: fc.subarray([...names, "*"]),
  }),
  // Of these, clients of the state of the world ask for names only.
  fc.record({
    op: fc.constant("names" as const),
    kind: fc.constantFrom("endpoint" as const, "route" as const),
    names: fc.subarray(names),
  }),
  fc.record({ op: fc.constant("answer" as const), nack: fc.constantFrom(false, false, true) }),
  fc.record({ op: fc.constant("tick" as const), ms: fc.integer({ min: 0, max: 4000 }) }),
);

/** A client of the state of the world, as simple as the protocol allows. */
class Client {
  readonly driver: Driver;
  readonly queue: DiscoveryResponse[] = [];
  readonly names = new Map<ResourceKind, readonly string[]>();
  /** Kinds in which something was named, so that no name means nothing. */
  readonly named = new Set<ResourceKind>();
  readonly nonces = new Map<ResourceKind, string>();
  readonly has = new Map<ResourceKind, Map<string, string>>(KINDS.map((each) => [each, new Map()]));
  readonly violations: string[] = [];

  constructor(driver: Driver) {
    this.driver = driver;
  }

  wants(kind: ResourceKind, name: string): boolean {
    const all = this.names.get(kind);
    if (all === undefined) return false;
    const legacy = all.length === 0 && !this.named.has(kind) && (kind === "cluster" || kind === "listener");
    return legacy || all.includes("*") || all.includes(name);
  }

  subscribe(kind: ResourceKind, list: readonly string[]): void {
    this.names.set(kind, list);
    if (list.length > 0) this.named.add(kind);
    const has = this.has.get(kind)!;
    for (const name of has.keys()) if (!this.wants(kind, name)) has.delete(name);
    this.take(this.driver.sotw(kind, { names: list, nonce: this.nonces.get(kind) ?? "" }));
  }

  take(effects: Effects): void {
    this.queue.push(...effects.responses);
  }

  answer(nack: boolean): void {
    const response = this.queue.shift();
    if (response === undefined) return;
    const kind = KINDS.find((each) => TYPE_URLS[each] === response.typeUrl)!;
    const resources = response.sotw!.resources;
    if (new Set(resources.map(({ name }) => name)).size < resources.length) this.violations.push("a name twice");
    this.nonces.set(kind, response.nonce);
    const bad = nack ? resources[0]?.name : undefined;
    this.#apply(kind, response, bad);
    const list = this.names.get(kind)!;
    const error = bad === undefined ? {} : { error: `cannot take ${bad}: bad` };
    this.take(this.driver.sotw(kind, { names: list, nonce: response.nonce, ...error }));
  }

  #apply(kind: ResourceKind, { sotw }: DiscoveryResponse, bad: string | undefined): void {
    const has = this.has.get(kind)!;
    const present = new Set(sotw!.resources.map(({ name }) => name));
    const isWorld = kind === "cluster" || kind === "listener";
    for (const name of has.keys()) if (isWorld && !present.has(name)) has.delete(name);
    for (const { name, version } of sotw!.resources) {
      if (name !== bad && this.wants(kind, name)) has.set(name, version);
    }
  }
}

test("what was refused in one response and taken in the next is repeated after a response that left it out", () => {
  const driver = drive({ cluster: { c: "2" } }, { drainMs: 6000 }, { protocol: "sotw" });
  const all = ["c", "*"];
  driver.sotw("cluster", { names: [], nonce: "" });
  driver.sotw("cluster", { names: all, nonce: "" });
  driver.tick(3000);
  driver.sotw("cluster", { names: all, nonce: "1", error: "cannot take c: bad" });
  const [without] = driver.snapshot({ cluster: { c: "2", a: "1" } }).responses;
  expect(without?.sotw?.resources.map(({ name }) => name)).toEqual(["a"]);
  driver.sotw("cluster", { names: all, nonce: "2" });
  const [again] = driver.sotw("cluster", { names: all, nonce: "3" }).responses;
  expect(again?.sotw?.resources.map(({ name }) => name).toSorted()).toEqual(["a", "c"]);
});

// SLUICE_RUNS=200000 is the long form.
const RUNS = Number(process.env["SLUICE_RUNS"] ?? 300);

test("what was taken late is repeated when an older version of it is still under way", () => {
  const driver = drive({ cluster: { b: "1" } }, { drainMs: 6000 }, { protocol: "sotw" });
  const answer = (nonce: string, error?: string): Effects =>
    driver.sotw("cluster", { names: ["b", "*"], nonce, ...(error === undefined ? {} : { error }) });
  driver.sotw("cluster", { names: [] });
  driver.snapshot({ cluster: { b: "3" } });
  driver.sotw("cluster", { names: ["b", "*"] });
  driver.tick(3000);
  driver.snapshot({ cluster: { b: "3", a: "1" } });
  answer("1");
  answer("2", "cannot take b: bad");
  // This one repeats what was good before the refusal, while the one before it, with the refused version, is taken after all.
  expect(show(driver.snapshot({ cluster: { b: "3", a: "1", c: "1" } }))).toEqual([]);
  expect(show(driver.tick(3000))).toEqual(["cluster = b@1 a@1 c@1"]);
  expect(show(answer("3"))).toEqual([]);
  expect(show(answer("4"))).toEqual(["cluster = b@3 a@1 c@1"]);
});

test(
  "any interleaving ends with the client at the newest snapshot, except for what it rejected",
  { timeout: 20_000 + RUNS * 10 },
  () => {
    fc.assert(
      fc.property(contents, fc.array(op, { maxLength: 40 }), contents, (first, ops, last) => {
        const client = new Client(drive(first, { drainMs: 6000 }, { protocol: "sotw" }));
        for (const kind of ["cluster", "listener"] as const) client.subscribe(kind, []);
        for (const each of ops) {
          if (each.op === "snapshot") client.take(client.driver.snapshot(each.contents));
          else if (each.op === "tick") client.take(client.driver.tick(each.ms));
          else if (each.op === "answer") client.answer(each.nack);
          else client.subscribe(each.kind, each.names);
        }
        client.take(client.driver.snapshot(last));
        for (let round = 0; round < 20; round += 1) {
          while (client.queue.length > 0) client.answer(false);
          client.take(client.driver.tick(6000));
        }
        expect(client.violations).toEqual([]);
        expect(isSettled(client.driver.state)).toBe(true);
        for (const kind of kinds) expectConverged(client, kind, last[kind] ?? {});
      }),
      { numRuns: RUNS },
    );
  },
);

/** Of endpoints and routes a client is not told that they are gone: there it may still have an old one. */
function expectConverged(client: Client, kind: ResourceKind, wanted: Readonly<Record<string, string>>): void {
  const known = client.driver.state.types.get(TYPE_URLS[kind])?.known;
  for (const name of names) {
    if (!client.wants(kind, name)) continue;
    const rejected = known?.get(name)?.rejected?.version;
    if (rejected !== undefined && rejected === wanted[name]) continue;
    if (wanted[name] === undefined && (kind === "endpoint" || kind === "route")) continue;
    expect([kind, name, client.has.get(kind)?.get(name)]).toEqual([kind, name, wanted[name]]);
  }
}
