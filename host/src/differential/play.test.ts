import { afterAll, describe, expect, onTestFinished, test } from "vitest";
import { puppet } from "../fixtures/puppet.ts";
import { envoyForTest } from "../fixtures/real-envoy.ts";
import { createHost } from "../vm/host.ts";
import { observeFetches } from "../vm/fetch-observer.ts";
import { play, stopEnvoy } from "./play.ts";
import { repeatInEnvoy } from "./repeat.ts";
import { isDifferential } from "./switch.ts";

// As the author of a filter has it: the same test with and without an Envoy.

afterAll(stopEnvoy);

test.each([
  [{}, false],
  [{ SLUICE_DIFFERENTIAL: "0" }, false],
  [{ SLUICE_DIFFERENTIAL: "1" }, true],
])("the environment switches Envoy on: %j", (env, expected) => {
  expect(isDifferential(env)).toBe(expected);
});

describe("a scenario", () => {
  test("gives what came of it in process", async () => {
    const filters = [{ wasm: await puppet(), configuration: "request_headers: reply 403 no denied" }];
    const { responses } = await play({ filters, requests: [{ path: "/admin" }] }, { envoy: false });
    expect(responses).toEqual([expect.objectContaining({ status: 403, body: "denied" })]);
  });

  test("is compared with Envoy", { timeout: 60_000 }, async ({ skip }) => {
    await envoyForTest(skip);
    const scenario = (paths: string) => ({
      title: "a clock",
      filters: [{ wasm, configuration: `request_headers: ${paths}` }],
      requests: [{}],
    });
    const wasm = await puppet();
    expect((await play(scenario("get 0 :path"), { envoy: true })).logs).toContain("0 info get 0 :path = '/'");
    // Time is the host's own, and random numbers are.
    await expect(play(scenario("bytes request|time"), { envoy: true })).rejects.toMatchObject({
      code: "differs",
      message: expect.stringMatching(
        /^a clock: .*differ in one thing\n {2}log line 3\n {4}in process: .*\n {4}Envoy: {6}"/,
      ),
    });
  });
});

test("a test that uses fetch runs in Envoy as well", { timeout: 60_000 }, async ({ skip }) => {
  await envoyForTest(skip);
  let told = 0;
  observeFetches(async (fetched, request, options, run) => {
    told += 1;
    return await repeatInEnvoy(fetched, request, options, run);
  });
  // Other files may share this process.
  onTestFinished(() => observeFetches(undefined));
  const host = createHost({ clusters: { ok: () => ({ body: "yes" }) } });
  const configuration = [
    "configure: define 0 fetches",
    "request_headers: inc fetches 1; value fetches; set 0 x-new 1; call ok 1000 _ :method GET :path / :authority a; return 1",
    "call: buf 4 0 9; effective stream; resume 0",
    "response_headers: set 2 x-answer 2",
  ].join("\n");
  const plugin = host.load(await puppet(), { configuration });
  const paths: string[] = [];
  const upstream = (request: Request): Response => {
    paths.push(`${new URL(request.url).pathname} ${request.headers.get("x-new")}`);
    return new Response("body", { status: 201 });
  };
  for (const path of ["/one", "/two"]) {
    const response = await plugin.fetch(new Request(`http://shop${path}`, { method: "POST", body: "sent" }), {
      upstream,
    });
    expect([response.status, response.headers.get("x-answer"), await response.text()]).toEqual([201, "2", "body"]);
  }
  // Each went to Envoy first, then through the host.
  expect(paths).toEqual(["/one 1", "/one 1", "/two 1", "/two 1"]);
  expect(told).toBe(2);
  const different = host.load(await puppet(), { configuration: "response_headers: bytes request|time" });
  await expect(different.fetch(new Request("http://shop/time"))).rejects.toThrow(
    /GET http:\/\/shop\/time: .* differ in one thing/,
  );
});
