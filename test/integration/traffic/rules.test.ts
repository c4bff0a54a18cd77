import { connect as connectHttp2, type IncomingHttpHeaders } from "node:http2";
import { connect } from "node:net";
import { once } from "node:events";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { eventually } from "../../kit/eventually.ts";
import { converse, type TrafficMesh } from "./kit.ts";
import { startRules } from "./rules-mesh.ts";

// DestinationRule: who has which rule, endpoints near and far, what counts as a failure, limits, and TLS.

let mesh: TrafficMesh;
let http2Port: number;

beforeAll(async () => {
  ({ mesh, http2Port } = await startRules());
});
afterAll(async () => {
  await mesh.stop();
});

async function one(host: string, path = "/", at: "gateway" | number = "gateway"): Promise<unknown> {
  const { to, status, body } = await mesh.ask(at, host, path);
  return to ?? (status === 200 ? body : status);
}

async function several(host: string, count: number): Promise<Set<unknown>> {
  const got = new Set<unknown>();
  for (let time = 0; time < count; time++) got.add(await one(host));
  return got;
}

/** Until all that comes is what is expected. */
async function settles(host: string, expected: unknown): Promise<void> {
  await eventually(`${host} gives ${String(expected)}`, async () => {
    const got = await several(host, 4);
    return got.size === 1 && got.has(expected) ? true : undefined;
  });
}

describe("whose rule counts", () => {
  const [client, stranger] = ["asker.echo", "stranger.other"];
  test.each<[what: string, host: string, asker: string, expected: unknown]>([
    ["an exact host before wildcards", "x.b.look", client, "a"],
    ["a longer wildcard before a shorter one", "y.b.look", client, "b"],
    ["a wildcard", "z.look", client, "c"],
    ["a second rule's subsets are added", "x.b.look/two", client, "b"],
    ["a wildcard of the client's namespace before all of the service's", "x.b.look", stranger, "b"],
    ["exportTo: in the namespace", "private.test", client, "a"],
    ["exportTo: elsewhere there is none", "private.test", stranger, 503],
    ["workloadSelector: the chosen", "chosen.test", client, "a"],
    ["workloadSelector: the others have none", "chosen.test", stranger, 503],
  ])("%s: %s from %s", async (_, host, asker, expected) => {
    const [name = "", path = ""] = host.split("/");
    expect(await one(name, `/${path}`, mesh.portOf(asker))).toBe(expected);
  });
});

test("a port's own settings take the place of all of the rule's", async () => {
  expect((await several("ports.echo", 3)).size).toBe(3);
  expect(
    new Set([await one("ports.echo", "/81"), await one("ports.echo", "/81"), await one("ports.echo", "/81")]).size,
  ).toBe(1);
});

test("PASSTHROUGH: what the name resolves to, and no endpoint", async () => {
  expect(await one("by-name.test")).toBe("a");
});

describe("near and far", () => {
  test.each([
    ["the next zone where the own one fails", "next.echo", "b"],
    ["the region to fail over to", "over.echo", "c"],
    ["a label before the place", "ranked.echo", "c"],
  ])("%s", async (_, host, expected) => {
    await settles(host, expected);
  });

  test("all alike where it is off", async () => {
    expect(await several("even.echo", 8)).toEqual(new Set(["a", "b"]));
  });

  test("zoneAwareLbSetting: all zones of the own region, and no other region", async () => {
    expect(await several("zones.echo", 8)).toEqual(new Set(["a", "b"]));
  });
});

describe("what puts an endpoint out", () => {
  test.each([["gateway-errors"], ["codes"], ["local"]])("%s", async (host) => {
    await settles(`${host}.echo`, "a");
  });

  test("no other error", async () => {
    await several("other-errors.echo", 6);
    expect(await several("other-errors.echo", 6)).toEqual(new Set(["a", 500]));
  });

  test("with all out there is nobody left, unless that is to be panicked at", async () => {
    await settles("all-out.echo", 503);
    await several("panic.echo", 4);
    expect(await several("panic.echo", 4)).toEqual(new Set([500]));
  });

  test("no more of them than the rule allows", async () => {
    await several("some-out.echo", 6);
    expect(await several("some-out.echo", 6)).toEqual(new Set([500]));
  });
});

describe("limits", () => {
  test("requests at a time, HTTP/1 counted too", async () => {
    const all = await Promise.all(Array.from({ length: 4 }, () => mesh.ask("gateway", "streams.echo", "/never")));
    expect(all.map(({ status }) => status).toSorted((x, y) => x - y)).toEqual([503, 503, 503, 504]);
  });

  test("retries at a time", async () => {
    await Promise.all(Array.from({ length: 12 }, () => mesh.ask("gateway", "budget.echo", "/status/503?budget")));
    const count = mesh.seen.filter(({ path }) => path === "/status/503?budget").length;
    expect(count).toBeGreaterThan(12);
    expect(count).toBeLessThan(36);
  });

  test.each([["idle"], ["lasting"]])("a connection ends: %s", async (host) => {
    const first = await one(`${host}.echo`);
    await eventually("another connection", async () => {
      await new Promise((resolve) => setTimeout(resolve, 100));
      return (await one(`${host}.echo`)) === first ? undefined : true;
    });
  });

  test("without limits it goes on", async () => {
    expect((await several("kept.echo", 4)).size).toBe(1);
  });

  test("the client's protocol", async () => {
    const session = connectHttp2(`http://127.0.0.1:${http2Port}`);
    const stream = session.request({ ":path": "/", ":authority": "same.echo" });
    const [headers] = (await once(stream, "response")) as [IncomingHttpHeaders];
    session.destroy();
    expect(headers[":status"]).toBe(200);
    expect(await one("same.echo")).not.toBe("two");
  });

  test("TCP that is silent for too long", async () => {
    expect(await converse(mesh.tcpPort("tcp-idle.echo"), "ping", /never/)).toBe("tcp\nping");
  });

  test("TCP connections at a time", async () => {
    const port = mesh.tcpPort("tcp-one.echo");
    const first = connect(port, "127.0.0.1");
    await once(first, "data");
    await expect(converse(port, "ping", /tcp/).catch(() => "")).resolves.toBe("");
    first.destroy();
  });
});

test("a tunnel by an HTTP proxy", async () => {
  expect(await converse(mesh.tcpPort("tunnel.echo"), "x", /\n/)).toBe("target.test:9\n");
});

test("the PROXY protocol's second version", async () => {
  expect(await one("second.echo")).toBe("2");
});

describe("TLS", () => {
  test.each([
    ["a certificate of another name", "tls-san.echo"],
    ["a revoked certificate", "tls-crl.echo"],
    ["no Secret of the name", "tls-lacking.echo"],
  ])("connects not at all: %s", async (_, host) => {
    expect(await one(host)).toBe(503);
  });

  test("a missing Secret is told", () => {
    expect(mesh.doubts("IST0101").join("\n")).toContain("no Secret nothing");
  });

  test.each<[host: string, expected: unknown]>([
    ["own.echo", "outbound_.80_._.own.echo URI:spiffe://td/ns/echo/sa/asker"],
    ["own-named.echo", "up.test URI:spiffe://td/ns/echo/sa/asker"],
    ["own-other.echo", 503],
  ])("ISTIO_MUTUAL by the workload's own certificate: %s", async (host, expected) => {
    expect(await one(host, "/", mesh.portOf("asker.echo"))).toBe(expected);
  });

  test("ISTIO_MUTUAL fails, and is told, where a workload has none", async () => {
    expect(await one("own.echo", "/", mesh.portOf("stranger.other"))).toBe(503);
    expect(mesh.doubts("IST0101").join("\n")).toContain("no Secret istio.");
  });
});
