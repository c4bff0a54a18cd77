import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { Quarantine } from "../../controlplane/src/snapshot/quarantine.ts";
import { quarantineFromJson, quarantineToJson } from "../../controlplane/src/snapshot/quarantine-json.ts";
import type { Resource } from "../../controlplane/src/snapshot/types.ts";
import {
  clusterWith,
  DiscoveryUnderTest,
  freePort,
  listenerWith,
  routeTo,
  variants,
  type Variant,
} from "../kit/discovery.ts";
import { eventually } from "../kit/eventually.ts";
import { call } from "../kit/http.ts";
import { startLoad } from "../kit/load.ts";

// The server half against real Envoys, with resources by hand.

let server: DiscoveryUnderTest;
let port: number;
const said: string[] = [];

const delta = variants.find(({ name }) => name === "delta, aggregated") as Variant;

beforeEach(async () => {
  said.length = 0;
  port = await freePort();
  server = await listen();
});
afterEach(async () => {
  await server.stop();
});

function listen(quarantine = new Quarantine(), drainMs = 300): Promise<DiscoveryUnderTest> {
  const answered = (proxy: string, { rejection }: { rejection?: { message: string } }): void => {
    if (rejection !== undefined) said.push(`${proxy}: ${rejection.message}`);
  };
  return new DiscoveryUnderTest({ answered }, { quarantine, streams: { lingerMs: 300, drainMs } }).start();
}

// An Envoy takes seconds to start on a machine that is busy.
const patience = 30_000;
const answers = (what: string): Promise<true> =>
  eventually(
    `the answer is ${what}`,
    async () => {
      const { status, body } = await call(`http://127.0.0.1:${port}/`);
      if (body !== what) throw new Error(`${status} ${body}`);
      return true as const;
    },
    patience,
  );

describe.each(variants)("$name", (variant) => {
  test("an Envoy comes up, takes changes, and what is gone is removed from it", async () => {
    const [one, two] = [await server.program("one"), await server.program("two")];
    const listener = listenerWith("l", port, "r", variant);
    server.publish("p", [...clusterWith("a", one, variant), listener, routeTo("r", "a")]);
    const { running } = await server.envoy("p", variant);
    await answers("one");
    server.publish("p", [...clusterWith("a", two, variant), listener, routeTo("r", "a")]);
    await answers("two");
    server.publish("p", [...clusterWith("b", one, variant), listener, routeTo("r", "b")]);
    await answers("one");
    await eventually("the old cluster is gone", async () => {
      const active = (await running.admin.stats("cluster_manager.active_clusters")).values().next().value;
      return Number(active) === 2;
    });
    expect(said).toEqual([]);
    server.publish("p", []);
    await eventually("the listener is gone", async () => {
      const active = (await running.admin.stats("listener_manager.total_listeners_active")).values().next().value;
      return Number(active) === 0;
    });
  });

  // Only on one stream can a server keep the order between types.
  test.runIf(variant.aggregated)("a rename of every cluster and route under load fails no request", async () => {
    await server.stop();
    server = await listen(new Quarantine(), 60_000);
    const program = await server.program("one");
    const contents = (version: number): Resource[] => [
      ...clusterWith(`c${version}`, program, variant),
      listenerWith("l", port, `r${version}`, variant),
      routeTo(`r${version}`, `c${version}`),
    ];
    server.publish("p", contents(0));
    await server.envoy("p", variant);
    await answers("one");
    const load = startLoad(`http://127.0.0.1:${port}/`);
    for (let version = 1; version <= 5; version += 1) {
      server.publish("p", contents(version));
      await new Promise((resolve) => setTimeout(resolve, 400));
    }
    const { failures, total } = await load.stop();
    expect(failures).toEqual([]);
    expect(total).toBeGreaterThan(50);
  });
});

describe("what an Envoy refuses", () => {
  test("is set aside: an Envoy that starts then gets the last good one, and a corrected one is tried again", async () => {
    const program = await server.program("one");
    const good = [...clusterWith("a", program, delta), listenerWith("l", port, "r", delta), routeTo("r", "a")];
    server.publish("p", good);
    const first = await server.envoy("p", delta);
    await answers("one");
    // Envoy wants each domain once. The good routes lead to a cluster that the new revision no longer has.
    const [listener] = good.slice(2, 3) as [Resource];
    const bad = [...clusterWith("b", program, delta), listener, routeTo("r", "b", ["x", "x"])];
    server.publish("p", bad);
    await eventually("the NACK has come", () => said.length > 0, patience);
    expect(said[0]).toMatch(/^p: .*domain/i);
    await new Promise((resolve) => setTimeout(resolve, 800));
    await answers("one");
    await first.running.stop();
    await server.envoy("p", delta);
    await answers("one");
    expect(said).toHaveLength(1);
    const [rejection] = server.fleet.quarantine.rejectionsOf("p");
    expect(rejection?.resource.name).toBe("r");
    expect([...(rejection?.by ?? [])]).toEqual(["p"]);

    const two = await server.program("two");
    server.publish("p", [...clusterWith("b", two, delta), listener, routeTo("r", "b")]);
    await answers("two");
    expect(server.fleet.quarantine.rejections).toEqual([]);
  });

  test("is remembered by a control plane that is started anew, with what it gives instead", async () => {
    const program = await server.program("one");
    const listener = listenerWith("l", port, "r", delta);
    server.publish("p", [...clusterWith("a", program, delta), listener, routeTo("r", "a")]);
    const first = await server.envoy("p", delta);
    await answers("one");
    const bad = [...clusterWith("b", program, delta), listener, routeTo("r", "b", ["x", "x"])];
    server.publish("p", bad);
    await eventually("the NACK has come", () => said.length > 0, patience);
    const saved = JSON.stringify(quarantineToJson(server.fleet.quarantine.rejections));
    await first.running.stop();

    const again = await listen(new Quarantine(quarantineFromJson(JSON.parse(saved))));
    try {
      again.publish("p", bad);
      await again.envoy("p", delta);
      // The program of the first server still runs: the kept cluster leads to it.
      await answers("one");
      expect(said).toHaveLength(1);
    } finally {
      await again.stop();
    }
  });
});
