import { createHost, type Plugin } from "@sluice/host";
import "@sluice/host/testing";
import { expect, test } from "vitest";
import { exampleModule } from "../build-example.ts";

const module = await exampleModule("rate-limit");
const configuration = '{"perSecond": 10, "burst": 3}';

/** How many of some requests at once get through. */
function passed(plugin: Plugin, requests: number): number {
  let count = 0;
  for (let index = 0; index < requests; index += 1) {
    const stream = plugin.stream();
    if (stream.requestHeaders().action === "continue") count += 1;
    else expect(stream).toReply(429, "too many requests\n");
    stream.complete();
  }
  return count;
}

test("a burst passes, then as many as the rate allows", () => {
  const host = createHost();
  const plugin = host.load(module, { configuration });
  expect(passed(plugin, 5)).toBe(3);
  host.advance(99);
  expect(passed(plugin, 5)).toBe(0);
  host.advance(1);
  expect(passed(plugin, 5)).toBe(1);
  host.advance(200);
  expect(passed(plugin, 5)).toBe(2);
});

test("the bucket holds no more than a burst, however long nobody came", () => {
  const host = createHost();
  const plugin = host.load(module, { configuration });
  host.advance(60_000);
  expect(passed(plugin, 10)).toBe(3);
});

test("two plugins of one vm_id share the bucket", () => {
  const host = createHost();
  const [first, second] = [1, 2].map(() => host.load(module, { configuration, vmId: "limits" }));
  if (first === undefined || second === undefined) throw new Error("both are loaded above");
  expect(passed(first, 2) + passed(second, 5)).toBe(3);
});

test.each([
  ['{"perSecond": 0, "burst": 3}', /perSecond/],
  ['{"perSecond": 10, "burst": "many"}', /burst/],
  ['{"persecond": 10}', /persecond/],
])("refuses %s and says why", (wrong, reason) => {
  const host = createHost();
  expect(host.load(module, { configuration: wrong }).problem).toBeDefined();
  expect(host).toLog(reason);
});
