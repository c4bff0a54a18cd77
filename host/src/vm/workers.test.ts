import { describe, expect, test } from "vitest";
import { Status } from "../abi/numbers.ts";
import { puppet } from "../fixtures/puppet.ts";
import { createHost, type Host } from "./host.ts";

// What each worker has of its own, and what all share, as an Envoy with several worker threads has it.

function said(host: Host): string[] {
  return host.logs.filter(({ source }) => source === "module").map(({ message }) => message);
}

const COUNT = "request_headers: sget n; sset n x last; sget n";

describe("workers", () => {
  test("are brought up behind a canary: one start for it, the main thread and each worker", async () => {
    const host = createHost();
    const workers = host.workers(2, await puppet(), { configuration: "configure: define 0 up; inc up 1; sset k v 0" });
    expect(workers.problem).toBeUndefined();
    expect(said(host).filter((line) => line.startsWith("> vm_start"))).toHaveLength(4);
    // What the canary does to the stores stays, as in Envoy.
    expect(host.metrics.find("up")?.value).toBe(4n);
  });

  test("a configuration that the canary refuses reaches no worker", async () => {
    const host = createHost();
    const workers = host.workers(3, await puppet(), { configuration: "configure: tick 5; return 0" });
    expect(workers.problem).toBe("proxy_on_configure returned false");
    expect(said(host).filter((line) => line.startsWith("> configure"))).toHaveLength(1);
    host.advance(100);
    expect(said(host)).not.toContain("> tick");
    expect(() => workers.stream()).toThrow("the plugin does not serve");
  });

  test("take turns, or serve what is theirs", async () => {
    const host = createHost();
    const workers = host.workers(2, await puppet());
    const ids = [0, 1, 2, 3].map(() => workers.stream().id);
    // Context ids are each VM's own.
    expect(ids).toEqual([2, 2, 3, 3]);
    expect(workers.stream({ worker: 1 }).id).toBe(4);
    expect(workers.stream({ worker: 1 }).id).toBe(5);
    expect(() => workers.stream({ worker: 2 })).toThrow("there is no worker 2; there are 0 to 1");
    expect((await workers.fetch(new Request("http://shop/"))).status).toBe(200);
  });

  test("share data, queues and metrics, and lose their VMs each alone", async () => {
    const host = createHost();
    const configuration =
      "configure: define 0 n; register q\nrequest_headers: inc n 1; value n; sget key; sset key kept 0; put q item\nqueue_ready: take q\nrequest_body_end: trap";
    const workers = host.workers(2, await puppet(), { configuration });
    const first = workers.stream({ requestHeaders: [[":method", "POST"]] });
    first.requestHeaders({ endOfStream: false });
    workers.stream().requestHeaders();
    host.settle();
    expect(said(host)).toEqual(expect.arrayContaining(["value n = value 2", "sget key = kept", "take q = 'item'"]));
    first.requestBody("");
    expect(workers.stream({ worker: 0 }).requestHeaders()).toMatchObject({ localReply: { status: 503 } });
    expect(workers.stream({ worker: 1 }).requestHeaders()).toMatchObject({ action: "continue" });
  });

  test("one comes in between another's read and write", async () => {
    const host = createHost();
    host.sharedData().set("n", new TextEncoder().encode("0"), 0);
    const workers = host.workers(2, await puppet(), { configuration: COUNT });
    host.before("proxy_set_shared_data", () => void workers.stream({ worker: 1 }).requestHeaders(), { nth: 1 });
    workers.stream({ worker: 0 }).requestHeaders();
    const status = said(host).filter((line) => line.startsWith("sset"));
    expect(status).toEqual(["sset n x last = 0", `sset n x last = ${Status.CasMismatch}`]);
  });

  test("what comes in between is never the caller's own VM", async () => {
    const host = createHost();
    const plugin = host.load(await puppet(), { configuration: COUNT });
    const inner = plugin.stream();
    let trap: string | undefined;
    host.before("proxy_get_shared_data", () => (trap = inner.requestHeaders().trap?.message), { nth: 1 });
    expect(plugin.stream().requestHeaders()).toMatchObject({ action: "continue" });
    expect(trap).toContain("proxy_on_request_headers of this VM is under way");
    expect(plugin.trap).toBeUndefined();
  });

  test("a number of workers that is none is refused", async () => {
    const wasm = await puppet();
    expect(() => createHost().workers(0, wasm)).toThrow("0 workers; there is at least 1");
  });
});

describe("an update", () => {
  const told = "request_headers: prop plugin_name; log 2 ";

  test("is taken after a canary, and ends the old root context", async () => {
    const host = createHost();
    const plugin = host.load(await puppet(), { configuration: `${told}old` });
    plugin.stream().requestHeaders();
    expect(plugin.update(`${told}new`)).toBeUndefined();
    plugin.stream().requestHeaders();
    expect(said(host).filter((line) => ["old", "new", "> done", "> delete"].includes(line))).toEqual([
      "old",
      "> done",
      "> delete",
      "new",
    ]);
  });

  test("that the canary refuses leaves the old one in its place", async () => {
    const host = createHost();
    const plugin = host.load(await puppet(), { configuration: `${told}old` });
    expect(plugin.update("configure: return 0")).toBe("proxy_on_configure returned false");
    expect(plugin.problem).toBeUndefined();
    plugin.stream().requestHeaders();
    expect(said(host).at(-2)).toBe("old");
  });

  test("brings up a plugin that had not come up", async () => {
    const host = createHost();
    const plugin = host.load(await puppet(), { configuration: "configure: return 0" });
    expect(plugin.problem).toBeDefined();
    expect(plugin.update(`${told}new`)).toBeUndefined();
    expect(plugin.problem).toBeUndefined();
    expect(said(host)).not.toContain("> done");
    expect(plugin.stream().requestHeaders()).toMatchObject({ action: "continue" });
  });

  test("of workers is refused for all or taken by all", async () => {
    const host = createHost();
    const workers = host.workers(2, await puppet(), { configuration: `${told}old` });
    expect(workers.update("configure: trap")).toContain("proxy_on_configure trapped");
    expect(workers.update(`${told}new`)).toBeUndefined();
    for (const worker of [0, 1]) workers.stream({ worker }).requestHeaders();
    expect(said(host).filter((line) => line === "new")).toHaveLength(2);
  });

  test("what the canary began comes to nobody", async () => {
    const host = createHost({ clusters: { ok: () => ({}) } });
    const plugin = host.load(await puppet());
    plugin.update("configure: call ok 100 _ :method GET :path / :authority a; tick 5; return 0");
    host.advance(1000);
    expect(said(host).filter((line) => line.startsWith("> call") || line.startsWith("> tick"))).toEqual([]);
  });
});

test("a slow host call takes time, in which nothing else happens", async () => {
  const host = createHost({ clusters: { ok: () => ({}) } });
  const configuration =
    "configure: tick 10\nrequest_headers: get 0 :path; call ok 100 _ :method GET :path / :authority a; log 2 after";
  const stream = host.load(await puppet(), { configuration }).stream();
  const start = host.now();
  host.slow("proxy_get_header_map_value", 30);
  stream.requestHeaders();
  expect(host.now() - start).toBe(30_000_000n);
  expect(said(host).at(-1)).toBe("log 2 after = 0");
  host.settle();
  expect(said(host).filter((line) => line === "> tick")).toHaveLength(1);
  host.heal();
});
