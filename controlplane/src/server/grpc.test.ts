import { status } from "@grpc/grpc-js";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { ProxySnapshot } from "../snapshot/types.ts";
import { resourceOf, snapshotOf } from "../xds/kit.ts";
import { ControlPlaneError } from "./errors.ts";
import { DeltaClient } from "./delta-client.ts";
import { Fleet } from "./fleet.ts";
import type { FleetListener } from "./fleet.ts";
import { serveGrpc } from "./grpc.ts";
import type { GrpcServer } from "./grpc.ts";

let server: GrpcServer;
let fleet: Fleet;
let clients: DeltaClient[];
const listener = {
  sent: vi.fn<FleetListener["sent"]>(),
  flushed: vi.fn<FleetListener["flushed"]>(),
  stale: vi.fn<FleetListener["stale"]>(),
  queued: vi.fn<FleetListener["queued"]>(),
  quarantined: vi.fn<FleetListener["quarantined"]>(),
  answered: vi.fn<FleetListener["answered"]>(),
  settled: vi.fn<FleetListener["settled"]>(),
  connected: vi.fn<FleetListener["connected"]>(),
  disconnected: vi.fn<FleetListener["disconnected"]>(),
};

beforeEach(async () => {
  vi.clearAllMocks();
  clients = [];
  fleet = new Fleet(listener);
  server = await serveGrpc("127.0.0.1", 0, fleet);
});

afterEach(() => {
  for (const client of clients) client.close();
  fleet.closeAll();
  server.close();
});

function connect(method?: string): DeltaClient {
  const client = new DeltaClient(server.port, method);
  clients.push(client);
  return client;
}

function publish(snapshot: ProxySnapshot): void {
  fleet.update({ byProxy: new Map([["p", snapshot]]), changed: new Set(["p"]) });
}

describe("delta ADS over loopback", () => {
  test("an Envoy gets its snapshot, then what changes, and each ACK is heard", async () => {
    publish(snapshotOf({ cluster: { a: "1" } }));
    const client = connect().read().hello("p");
    await vi.waitFor(() => expect(Object.fromEntries(client.has.cluster)).toEqual({ a: "1" }));
    await vi.waitFor(() => expect(listener.settled).toHaveBeenCalledWith("p"));
    publish(snapshotOf({ cluster: { a: "1", b: "1" } }));
    await vi.waitFor(() => expect(Object.fromEntries(client.has.cluster)).toEqual({ a: "1", b: "1" }));
    await vi.waitFor(() => expect(fleet.facts().get("p")?.lastAck).toBeDefined());
    expect(listener.connected).toHaveBeenCalledExactlyOnceWith("p", true);
    for (const heard of [listener.sent, listener.flushed])
      expect(heard).toHaveBeenCalledWith("p", expect.objectContaining({ nonce: "1" }), expect.any(Number));
  });

  test("a NACK is heard with Envoy's words", async () => {
    publish(snapshotOf({ cluster: { a: "1" } }));
    connect()
      .read(() => "no such thing")
      .hello("p");
    await vi.waitFor(() =>
      expect(listener.answered).toHaveBeenCalledWith(
        "p",
        expect.objectContaining({
          rejection: { message: "no such thing", resources: [expect.objectContaining({ name: "a" })] },
        }),
      ),
    );
  });

  test("an unknown Envoy gets nothing, and everything as soon as the mesh names it", async () => {
    const client = connect().read().hello("p");
    await vi.waitFor(() => expect(listener.connected).toHaveBeenCalledWith("p", false));
    expect(client.has.cluster.size).toBe(0);
    publish(snapshotOf({ cluster: { a: "1" } }));
    await vi.waitFor(() => expect(client.has.cluster.size).toBe(1));
  });

  test("an Envoy that goes away is noticed, and its stream forgotten", async () => {
    const client = connect().read().hello("p");
    await vi.waitFor(() => expect(fleet.isConnected("p")).toBe(true));
    client.close();
    await vi.waitFor(() => expect(listener.disconnected).toHaveBeenCalledWith("p"));
    expect(fleet.size).toBe(0);
  });

  test("an Envoy that never reads holds a bounded number of responses, delays nobody, and then gets the newest", async () => {
    const big = (version: string): ProxySnapshot => {
      const snapshot = snapshotOf({});
      const resource = { ...resourceOf("endpoint", "a", version), value: new Uint8Array(512 * 1024) };
      return { ...snapshot, resources: { ...snapshot.resources, endpoint: new Map([["a", resource]]) } };
    };
    publish(big("0"));
    const client = connect().hello("p");
    for (let round = 0; round < 200; round += 1) client.request("endpoint", { resourceNamesSubscribe: ["a"] });
    await vi.waitFor(() => expect(listener.sent).toHaveBeenCalled());
    for (let version = 1; version <= 50; version += 1) publish(big(String(version)));
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(listener.sent.mock.calls.length).toBeLessThanOrEqual(65);
    const other = connect()
      .read()
      .hello("p")
      .request("endpoint", { resourceNamesSubscribe: ["a"] });
    await vi.waitFor(() => expect(other.has.endpoint.get("a")).toBe("50"), 10_000);
    publish(big("51"));
    await vi.waitFor(() => expect(other.has.endpoint.get("a")).toBe("51"), 10_000);
    expect(client.has.endpoint.size).toBe(0);
    client.read();
    await vi.waitFor(() => expect(client.has.endpoint.get("a")).toBe("51"), 10_000);
  });

  test("what one Envoy refuses another is not given, and the refused one is told the old again", async () => {
    publish(snapshotOf({ cluster: { a: "good" } }));
    const first = connect().read(({ resources }) =>
      resources.some(({ version }) => version === "bad") ? "no such thing" : undefined,
    );
    first.hello("p");
    await vi.waitFor(() => expect(fleet.facts().get("p")?.lastAck).toBeDefined());
    publish(snapshotOf({ cluster: { a: "bad" } }));
    await vi.waitFor(() => expect(listener.quarantined).toHaveBeenCalled());
    const second = connect().read().hello("p");
    await vi.waitFor(() => expect(Object.fromEntries(second.has.cluster)).toEqual({ a: "good" }));
    expect(Object.fromEntries(first.has.cluster)).toEqual({ a: "good" });
  });

  test("R1: a first request without a node is refused", async () => {
    expect(await connect().read().request("cluster").ended).toMatchObject({ code: status.INVALID_ARGUMENT });
  });

  test("bytes that are no request end the stream, and not the server", async () => {
    publish(snapshotOf({ cluster: { a: "1" } }));
    const bad = connect().read();
    bad.request("cluster", { node: { id: "x" }, initialResourceVersions: {} });
    const good = connect().read().hello("p");
    await vi.waitFor(() => expect(good.has.cluster.size).toBe(1));
  });

  test("a port in use is an error that names it", async () => {
    const second = serveGrpc("127.0.0.1", server.port, fleet);
    await expect(second).rejects.toThrow(ControlPlaneError);
    await expect(second).rejects.toMatchObject({
      code: "PORT_IN_USE",
      endpoint: { address: "127.0.0.1", port: server.port },
      message: expect.stringContaining(`127.0.0.1:${server.port}`),
    });
  });
});
