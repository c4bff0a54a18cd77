import { beforeAll, describe, expect, it } from "vitest";
import { fixtureBytes } from "./build-fixture.ts";
import { inHost } from "./in-host.ts";

beforeAll(() => fixtureBytes("tcp"), 120_000);

const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString();

describe.each(["tcp", "both"])("TCP connections of a plugin for %s", (rootId) => {
  it("see data both ways, hold it back, change it and end", async () => {
    const { plugin, lines } = await inHost("tcp", { rootId });
    const connection = plugin.connection();
    connection.open();
    connection.downstream("he");
    expect(connection.paused.downstream).toBe(true);
    expect(text(connection.toUpstream)).toBe("");
    connection.downstream("llo");
    expect(text(connection.toUpstream)).toBe("hello!");
    connection.upstream("hi");
    expect(text(connection.toDownstream)).toBe("> hi");
    connection.closeUpstream("remote");
    connection.closeDownstream("local");
    connection.complete();
    const lost = lines();
    expect(lost.slice(0, 3)).toEqual(["new 0", "down 2 he false", "down 5 hello false"]);
    expect(lost.slice(3)).toEqual(["up 2 12", "up closed 2", "down closed 1", "connection delete"]);
  });

  it("are closed by the filter", async () => {
    const { plugin } = await inHost("tcp", { rootId });
    const connection = plugin.connection();
    connection.open();
    connection.downstream("close");
    expect(connection.closed).toBe(true);
  });

  it("use their objects again", async () => {
    const { plugin, lines } = await inHost("tcp", { rootId });
    for (let index = 0; index < 3; ++index) {
      const connection = plugin.connection();
      connection.open();
      connection.downstream("data");
      connection.complete();
    }
    expect(lines().filter((line) => line.startsWith("new"))).toEqual(["new 0", "new 0", "new 0"]);
  });
});

it("serves HTTP streams and TCP connections in turn", async () => {
  const { plugin, request, lines } = await inHost("tcp");
  for (let index = 0; index < 3; ++index) {
    const stream = request("");
    const connection = plugin.connection();
    connection.open();
    stream.complete();
    connection.complete();
  }
  expect(lines()).toEqual(Array.from({ length: 3 }, () => ["request", "new 0", "connection delete"]).flat());
  expect(plugin.trap).toBeUndefined();
});
