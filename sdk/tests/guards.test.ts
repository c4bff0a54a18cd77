import { beforeAll, describe, expect, it } from "vitest";
import { fixtureBytes } from "./build-fixture.ts";
import { load, request, startPlugin } from "./harness.ts";
import type { Harness } from "./harness.ts";
import { inHost } from "./in-host.ts";

let bytes: Uint8Array;

beforeAll(async () => {
  bytes = await fixtureBytes("guards");
}, 120_000);

function start(): Harness {
  const host = load(bytes);
  startPlugin(host, 1, "");
  return host;
}

let next = 2;
const run = (host: Harness, command: string): string | undefined =>
  request(host, next++, 1, [["x-do", command]])["x-result"];
const pages = (host: Harness): number => host.memory.buffer.byteLength / 65_536;

describe("messages", () => {
  it("that break off in a field's number end there", () => {
    expect(run(start(), "proto-cut")).toBe("0");
  });

  it("that are longer than was said find their room", () => {
    expect(run(start(), "proto-long")).toBe("untouched 50");
  });
});

it("more pairs than a host takes are refused here: Envoy would take none of them, and empty the map", () => {
  const host = start();
  expect(run(host, "many-pairs")).toBe("2");
  expect(host.headers.get(0)).toContainEqual(["x-do", "many-pairs"]);
});

it("the first value of a key is not overwritten by who reads it late", async () => {
  const { request: ask } = await inHost("guards", { vmId: "vm" });
  const stream = ask("first");
  expect(stream.request?.text("x-result")).toBe("0 other+mine");
});

describe("a number of a configuration", () => {
  const configure = (configuration: string): readonly string[] => {
    const host = load(bytes);
    const accepted = startPlugin(host, 1, configuration);
    return [String(accepted), ...host.logs];
  };

  it.each([
    ['{"perSecond": 10, "offset": -11}', ["true", "2 read 10 -11", "2 interval 100"]],
    [
      '{"perSecond": 0}',
      ["false", "2 read 1 0", "2 interval 1000", expect.stringContaining("from 1 to 1000, found 0")],
    ],
    [
      '{"perSecond": 1001}',
      ["false", "2 read 1 0", "2 interval 1000", expect.stringContaining("from 1 to 1000, found 1001")],
    ],
    ['{"perSecond": "x"}', ["false", "2 read 1 0", "2 interval 1000", expect.stringContaining("found a string")]],
    ['{"offset": 5, "perSecond": 10}', ["false", "2 read 0 -10", expect.stringContaining("from -20 to -10, found 5")]],
    ['{"optional": 1}', ["false", "2 read 0 0", expect.stringMatching(/1:15: perSecond: the field is missing/)]],
    ["{}", ["false", "2 read 0 0", expect.stringMatching(/1:2: perSecond: the field is missing/)]],
  ])("%s is in its range whatever was written", (configuration, expected) => {
    expect(configure(configuration)).toEqual(expected);
  });
});

it("another log level of the host takes effect without a tick, and is asked for once in 16 messages", () => {
  const host = start();
  for (let index = 0; index < 100; ++index) run(host, "debug");
  expect(host.logs).toEqual([]);
  expect(host.calls.filter((call) => call === "get_log_level").length).toBeLessThanOrEqual(7);
  host.logLevel = 1;
  for (let index = 0; index < 16; ++index) run(host, "debug");
  expect(host.logs).not.toEqual([]);
});

it("timers do not care when somebody sets the clock", () => {
  const host = start();
  host.monotonic = 5_000_000_000n;
  host.exports["proxy_on_context_create"]?.(7, 1);
  host.headers.set(0, [["x-do", "soon"]]);
  host.exports["proxy_on_request_headers"]?.(7, 1, 1);
  host.now -= 3_600_000_000_000n;
  host.monotonic += 9_000_000n;
  host.exports["proxy_on_tick"]?.(1);
  expect(host.logs).toEqual([]);
  host.monotonic += 1_000_000n;
  host.exports["proxy_on_tick"]?.(1);
  expect(host.logs).toEqual(["3 fired"]);
});

it("environment variables are found by their whole name, also at top level", () => {
  const host = load(bytes, ["COLOUR=grey", "COLOR=blue=ish", "EMPTY="]);
  startPlugin(host, 1, "");
  expect(run(host, "environment")).toBe("'blue=ish' '' none 'blue=ish'");
  expect(run(start(), "environment")).toBe("none none none none");
});

it("a stream finds no other stream's values in its fields; what is made by `new`, or by a constructor, is the author's", async () => {
  const host = load(await fixtureBytes("fields"));
  startPlugin(host, 1, "");
  expect(run(host, "")).toBe("false 7 -0.5 null  0 3 9 1 1");
  expect(run(host, "")).toBe("false 7 -0.5 null  1 5 9 1 2");
});

it("a root id that nobody answers is refused where plugins have names", async () => {
  const host = load(await fixtureBytes("named-only"));
  host.properties.set("plugin_root_id", Buffer.from("freench"));
  expect(startPlugin(host, 1, "")).toBe(false);
  expect(host.logs).toEqual(["4 no plugin is registered for the root id 'freench'; there are: french, german"]);
  host.properties.set("plugin_root_id", Buffer.from("german"));
  expect(startPlugin(host, 2, "")).toBe(true);
});

describe("memory stays as it is over", () => {
  it("30,000 streams that end before their timer of an hour", () => {
    const host = start();
    for (let id = 0; id < 1000; ++id) run(host, "timer");
    const before = pages(host);
    for (let id = 0; id < 30_000; ++id) run(host, "timer");
    expect(pages(host)).toBe(before);
  });

  it("30,000 plugins that end before their call is answered", () => {
    const host = load(bytes);
    const serve = (id: number): void => {
      expect(startPlugin(host, id, "call")).toBe(true);
      host.exports["proxy_on_delete"]?.(id);
    };
    for (let id = 1; id < 2000; ++id) serve(id);
    const before = pages(host);
    for (let id = 2000; id < 30_000; ++id) serve(id);
    expect(pages(host)).toBe(before);
  });
});
