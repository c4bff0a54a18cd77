import { beforeAll, describe, expect, it } from "vitest";
import { fixtureBytes } from "./build-fixture.ts";
import { inHost } from "./in-host.ts";

beforeAll(() => fixtureBytes("whole"), 120_000);

const OK = 0;
const CAS_MISMATCH = 8;
const NOT_FOUND = 1;
const EMPTY = 7;

describe("shared data", () => {
  it("counts, refuses what is stale, and tells what is missing", async () => {
    const { request, lines } = await inHost("whole");
    request("shared");
    request("shared");
    const rest = [`stale ${CAS_MISMATCH}`];
    expect(lines()).toEqual([
      `count 1 ${OK} ${rest[0]}`,
      `missing true ${NOT_FOUND}`,
      `count 2 ${OK} ${rest[0]}`,
      `missing true ${NOT_FOUND}`,
    ]);
  });

  it("starts an update anew when another worker was faster", async () => {
    const { request, lines } = await inHost("whole");
    request("shared");
    lines();
    request("disturbed");
    expect(lines()[0]).toBe(`count 8 ${OK} stale ${CAS_MISMATCH}`);
  });

  it("gives up when it is never fast enough", async () => {
    const { host, request, lines } = await inHost("whole");
    request("shared");
    lines();
    host.fail("proxy_set_shared_data", { status: CAS_MISMATCH });
    request("shared");
    expect(lines()[0]).toBe(`count 1 ${CAS_MISMATCH} stale ${CAS_MISMATCH}`);
  });
});

describe("shared queues", () => {
  it("bring values to the plugin that registered them", async () => {
    const { host, started, request, lines } = await inHost("whole", { vmId: "vm", configuration: "queue" });
    expect(started.at(-1)).toBe("registered true");
    request("queue");
    expect(lines()).toEqual(["enqueue 00", `none true ${NOT_FOUND}`]);
    host.settle();
    expect(lines().slice(0, 3)).toEqual(["dequeued one", "dequeued two", `empty ${EMPTY}`]);
  });
});

describe("metrics", () => {
  it("count, measure and sample under a name with tags", async () => {
    const { host, request, lines } = await inHost("whole");
    request("metrics");
    expect(lines()).toEqual(["recorded 0 refused 2", "values 5 7"]);
    expect(host.metrics.prometheus()).toContain("requests");
  });

  it("that the host refuses answer with its error", async () => {
    const { host, request, lines } = await inHost("whole");
    host.fail("proxy_define_metric", { status: 10 });
    request("metrics");
    expect(lines()).toEqual(["recorded 1 refused 1", "values 0 0"]);
  });
});
