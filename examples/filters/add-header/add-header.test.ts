import { createHost } from "@sluice/host";
import "@sluice/host/testing";
import { expect, test } from "vitest";
import { exampleModule } from "../build-example.ts";

const plugin = createHost().load(await exampleModule("add-header"));

test("every response has the header", async () => {
  const response = await plugin.fetch(new Request("http://shop/"));
  expect(response).toHaveHeader("hello", "world");
  expect(await response.text()).toBe("hi");
});

test("what the upstream says stays beside it", async () => {
  const upstream = (): Response => new Response("", { headers: { hello: "moon" } });
  expect(await plugin.fetch(new Request("http://shop/"), { upstream })).toHaveHeader("hello", "moon, world");
});
