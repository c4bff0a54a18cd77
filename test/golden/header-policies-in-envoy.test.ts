import { afterEach, beforeAll, expect, test } from "vitest";
import { bundlePrograms, compileHeaders } from "../../controlplane/src/policy/index.ts";
import { headerOperations, headerPolicy } from "./models.ts";
import { buildModules, filter, startEnvoy } from "./real-envoy.ts";
import type { EnvoyUnderTest } from "./real-envoy.ts";

const ports = { envoy: 20_941, program: 20_942 };
let running: EnvoyUnderTest | undefined;

beforeAll(buildModules, 60_000);
afterEach(async () => {
  await running?.stop();
  running = undefined;
});

test("a HeaderPolicy in a real Envoy: every operation, and facts of request, connection and node", async () => {
  const policy = headerPolicy({
    request: headerOperations({
      rename: { "x-old": "x-new" },
      remove: ["x-gone"],
      set: { "x-user": [{ text: "user " }, { requestHeader: "x-id" }], "x-forged": [{ requestHeader: "x-nothing" }] },
      add: { "x-from": [{ property: ["source", "address"] }, { text: " " }, { property: ["request", "protocol"] }] },
      default: { "x-there": [{ text: "default" }], "x-not-there": [{ text: "default" }] },
    }),
    response: headerOperations({
      set: { "x-served": [{ requestHeader: "x-id" }, { text: "/" }, { responseHeader: ":status" }] },
    }),
    cookies: [{ name: "id", attributes: { Secure: "", SameSite: "Lax" } }],
  });
  const headers = compileHeaders(
    { response: { set: {}, add: { "set-cookie": "id=1; samesite=None; Path=/" }, remove: [] } },
    new Map(),
    undefined,
    undefined,
    [policy],
  );
  const policies = Buffer.from(bundlePrograms({ headers }) ?? []).toString("base64");
  const route = {
    match: { prefix: "/" },
    route: { cluster: "program" },
    metadata: { filter_metadata: { sluice: { policies } } },
  };
  const routes = { virtual_hosts: [{ name: "all", domains: ["*"], routes: [route] }] };
  running = await startEnvoy(ports, [filter("policies")], routes, ["program"]);
  if (running === undefined) return;
  const sent = { "x-old": "1", "x-gone": "1", "x-id": "7", "x-forged": "1", "x-there": "own" };
  const answer = await fetch(running.url, { headers: sent });
  const got = ((await answer.json()) as { headers: Record<string, string> }).headers;
  expect(got).toMatchObject({
    "x-new": "1",
    "x-user": "user 7",
    "x-from": expect.stringMatching(/^127\.0\.0\.1:\d+ HTTP\/1\.1$/) as string,
    "x-there": "own",
    "x-not-there": "default",
  });
  for (const name of ["x-old", "x-gone", "x-forged"]) expect(got).not.toHaveProperty(name);
  expect(answer.headers.get("x-served")).toBe("7/200");
  expect(answer.headers.getSetCookie()).toEqual(["id=1; Path=/; Secure; SameSite=Lax"]);
  expect(running.envoy.logs()).not.toMatch(/\[(error|critical)\]/);
});
