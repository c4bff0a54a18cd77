import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { KINDS, TYPE_URLS } from "../snapshot/kinds.ts";
import type { ResourceKind } from "../snapshot/types.ts";
import { drive } from "./kit.ts";
import type { Contents, Driver } from "./kit.ts";
import { isSettled } from "./machine.ts";
import type { DiscoveryResponse, Effects } from "./types.ts";

const names = ["a", "b", "c", "d"];
const kind = fc.constantFrom<ResourceKind>(...KINDS);
const contents: fc.Arbitrary<Contents> = fc.record(
  Object.fromEntries(
    KINDS.map((each) => [
      each,
      fc.dictionary(fc.constantFrom(...names), fc.constantFrom("1", "2", "3"), { noNullPrototype: true }),
    ]),
  ),
);

type Op =
  | { readonly op: "snapshot"; readonly contents: Contents }
  | { readonly op: "subscribe" | "unsubscribe"; readonly kind: ResourceKind; readonly name: string }
  | { readonly op: "answer"; readonly nack: "no" | "silent" | "naming" }
  | { readonly op: "tick"; readonly ms: number };

const op: fc.Arbitrary<Op> = fc.oneof(
  fc.record({ op: fc.constant("snapshot" as const), contents }),
  fc.record({
    op: fc.constantFrom("subscribe" as const, "unsubscribe" as const),
    kind,
    name: fc.constantFrom(...names, "*"),
  }),
  fc.record({ op: fc.constant("answer" as const), nack: fc.constantFrom("no", "no", "no", "silent", "naming") }),
  fc.record({ op: fc.constant("tick" as const), ms: fc.integer({ min: 0, max: 4000 }) }),
);

/** A client as simple as the protocol allows: it keeps what it is told about names that it is subscribed to. */
class Client {
  readonly driver: Driver;
  readonly queue: DiscoveryResponse[] = [];
  readonly violations: string[] = [];
  readonly subscribed = new Map<string, Set<string>>(KINDS.map((each) => [TYPE_URLS[each], new Set<string>()]));
  readonly has = new Map<string, Map<string, string>>(
    KINDS.map((each) => [TYPE_URLS[each], new Map<string, string>()]),
  );

  constructor(driver: Driver) {
    this.driver = driver;
  }

  wants(typeUrl: string, name: string): boolean {
    const set = this.subscribed.get(typeUrl);
    return set?.has("*") === true || set?.has(name) === true;
  }

  take(effects: Effects): void {
    for (const response of effects.responses) {
      const all = [...response.resources.map(({ name }) => name), ...response.removed];
      if (new Set(all).size < all.length) this.violations.push(`a name twice in ${all.join(" ")}`);
      const unwanted = all.filter((name) => !this.wants(response.typeUrl, name));
      if (unwanted.length > 0) this.violations.push(`not subscribed to ${unwanted.join(" ")}`);
      this.queue.push(response);
    }
  }

  subscribe(of: ResourceKind, name: string): void {
    this.subscribed.get(TYPE_URLS[of])?.add(name);
    this.take(this.driver.request(of, { subscribe: [name] }));
  }

  unsubscribe(of: ResourceKind, name: string): void {
    const typeUrl = TYPE_URLS[of];
    const was = this.subscribed.get(typeUrl)?.delete(name);
    if (was === true && name !== "*") this.has.get(typeUrl)?.delete(name);
    for (const each of names) if (!this.wants(typeUrl, each)) this.has.get(typeUrl)?.delete(each);
    this.take(this.driver.request(of, { unsubscribe: [name] }));
  }

  answer(nack: "no" | "silent" | "naming"): void {
    const response = this.queue.shift();
    if (response === undefined) return;
    const bad = response.resources[0]?.name;
    if (nack !== "no" && bad !== undefined) {
      this.apply(
        response,
        new Set(response.resources.filter(({ name }) => nack === "silent" || name === bad).map(({ name }) => name)),
      );
      this.take(this.driver.nack(response, nack === "naming" ? `cannot take ${bad}: bad` : "cannot take it"));
    } else {
      this.apply(response, new Set());
      this.take(this.driver.ack(response));
    }
  }

  private apply(response: DiscoveryResponse, except: ReadonlySet<string>): void {
    const has = this.has.get(response.typeUrl);
    for (const name of response.removed) has?.delete(name);
    for (const { name, version } of response.resources) {
      if (!except.has(name) && this.wants(response.typeUrl, name)) has?.set(name, version);
    }
  }
}

function run(client: Client, each: Op): void {
  const { driver } = client;
  if (each.op === "snapshot") client.take(driver.snapshot(each.contents));
  else if (each.op === "tick") client.take(driver.tick(each.ms));
  else if (each.op === "answer") client.answer(each.nack);
  else client[each.op](each.kind, each.name);
}

// SLUICE_RUNS=200000 is the long form.
const RUNS = Number(process.env["SLUICE_RUNS"] ?? 300);

describe("any interleaving of subscriptions, snapshots, ACKs and NACKs", () => {
  test(
    "ends with the client at the newest snapshot, except for what it rejected",
    { timeout: 20_000 + RUNS * 10 },
    () => {
      fc.assert(
        fc.property(contents, fc.array(op, { maxLength: 40 }), contents, (first, ops, last) => {
          const client = new Client(drive(first, { drainMs: 6000 }));
          for (const of of ["cluster", "listener"] as const) client.subscribe(of, "*");
          for (const each of ops) run(client, each);
          client.take(client.driver.snapshot(last));
          for (let round = 0; round < 20; round += 1) {
            while (client.queue.length > 0) client.answer("no");
            client.take(client.driver.tick(6000));
          }
          expect(client.violations).toEqual([]);
          expect(isSettled(client.driver.state)).toBe(true);
          for (const each of KINDS) expectConverged(client, each, last[each] ?? {});
        }),
        { numRuns: RUNS },
      );
    },
  );
});

function expectConverged(client: Client, of: ResourceKind, wanted: Readonly<Record<string, string>>): void {
  const typeUrl = TYPE_URLS[of];
  const type = client.driver.state.types.get(typeUrl);
  for (const name of names) {
    if (!client.wants(typeUrl, name)) continue;
    const rejected = type?.known.get(name)?.rejected?.version;
    if (rejected !== undefined && rejected === wanted[name]) continue;
    expect([of, name, client.has.get(typeUrl)?.get(name)]).toEqual([of, name, wanted[name]]);
  }
  for (const name of type?.known.keys() ?? []) expect(client.wants(typeUrl, name)).toBe(true);
}
