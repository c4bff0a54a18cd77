import { createHost, type Cluster, type Host, reset, timeout } from "@sluice/host";
import "@sluice/host/testing";
import { expect, test } from "vitest";
import { exampleModule } from "../build-example.ts";

const module = await exampleModule("auth-call-out");

/** One request with credentials through the filter; the upstream tells the user that it sees. */
async function ask(auth: Cluster): Promise<{ host: Host; status: number; text: string }> {
  const host = createHost({ clusters: { auth } });
  const request = new Request("http://shop/cart", { headers: { authorization: "Bearer x", "x-user": "forged" } });
  const upstream = (passed: Request): Response => new Response(passed.headers.get("x-user"));
  const response = await host.load(module).fetch(request, { upstream });
  return { host, status: response.status, text: await response.text() };
}

test("asks with the request's credentials and path", async () => {
  const { host } = await ask(() => ({ status: 200 }));
  const [call] = host.requests;
  expect(call).toMatchObject({ cluster: "auth", method: "GET", path: "/check", timeoutMs: 500 });
  expect(call?.headers).toHaveHeader("authorization", "Bearer x");
  expect(call?.headers).toHaveHeader("x-original-path", "/cart");
});

test("lets in with the name that the service gives", async () => {
  expect(await ask(() => ({ status: 200, headers: [["x-user", "jason"]] }))).toMatchObject({
    status: 200,
    text: "jason",
  });
});

test("what the client calls itself does not get through", async () => {
  expect(await ask(() => ({ status: 200 }))).toMatchObject({ status: 200, text: "" });
});

test.each<[string, Cluster, number]>([
  ["a refusal", () => ({ status: 401 }), 403],
  ["an error of the service", () => ({ status: 500 }), 503],
  ["a service that is down", () => reset(), 503],
  ["an answer that breaks off", () => reset({ afterHeaders: true }), 503],
  ["no answer in time", () => timeout(), 503],
])("%s keeps the request out", async (_case, auth, status) => {
  expect((await ask(auth)).status).toBe(status);
});

test("a call that cannot be made keeps the request out", async () => {
  const response = await createHost().load(module).fetch(new Request("http://shop/"));
  expect(response.status).toBe(503);
});

test("an answer to a request that is gone does nothing", () => {
  const host = createHost({ clusters: { auth: () => ({ status: 200 }) } });
  const plugin = host.load(module);
  const stream = plugin.stream();
  expect(stream.requestHeaders()).toPause();
  stream.complete();
  host.settle();
  expect(plugin.trap).toBeUndefined();
});
