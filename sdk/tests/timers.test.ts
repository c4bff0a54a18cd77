import { beforeAll, describe, expect, it } from "vitest";
import { fixtureBytes } from "./build-fixture.ts";
import { inHost } from "./in-host.ts";

beforeAll(() => fixtureBytes("whole"), 120_000);

describe("timers", () => {
  it("fire in order, each for the stream that set it", async () => {
    const { host, request, lines } = await inHost("whole");
    const stream = request("timer");
    host.advance(30);
    expect(lines()).toEqual(["timer 2"]);
    expect(stream.paused.request).toBe(true);
    host.advance(30);
    expect(lines()).toEqual(["timer 5"]);
    expect(stream.paused.request).toBe(false);
  });

  it("can be cancelled once", async () => {
    const { host, request, lines } = await inHost("whole");
    request("timer-cancel");
    host.advance(100);
    expect(lines()).toEqual(["cancel true false", "timer 5"]);
  });

  it("of a stream that is gone do not fire", async () => {
    const { host, request, lines } = await inHost("whole");
    request("timer").complete();
    request("none");
    lines();
    host.advance(100);
    expect(lines()).toEqual([]);
  });

  it("may be many at once", async () => {
    const { host, request, lines } = await inHost("whole");
    request("timer-many");
    lines();
    host.advance(100);
    expect(lines()).toEqual(Array.from({ length: 40 }, (_, index) => `timer ${10 + index}`));
  });

  it("and ticks do not disturb each other", async () => {
    const { host, lines } = await inHost("whole", { configuration: "tick and timer" });
    lines();
    host.advance(10);
    expect(lines()).toEqual(["plugin timer 8"]);
    host.advance(10);
    expect(lines()).toEqual(["plugin timer 8"]);
    host.advance(45);
    expect(lines()).toEqual(["tick", "plugin timer 9", "tick"]);
  });

  it("leave the host's tick off when there is none", async () => {
    const { host, plugin, request } = await inHost("whole");
    request("timer");
    expect(plugin.nextTickNs).toBeDefined();
    host.advance(100);
    expect(plugin.nextTickNs).toBeUndefined();
  });

  it("are gone with their plugin", async () => {
    const { host, plugin, lines } = await inHost("whole", { configuration: "keep" });
    plugin.close();
    host.advance(100);
    expect(lines()).toEqual(["plugin done", "plugin timer 1", "plugin delete"]);
    expect(plugin.nextTickNs).toBeUndefined();
  });
});
