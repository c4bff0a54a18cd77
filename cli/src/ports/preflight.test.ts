import { createServer } from "node:net";
import { afterAll, beforeAll, expect, test } from "vitest";
import { findPortConflicts, formatPortConflict } from "./preflight.ts";

const TAKEN = 20600;
const FREE = 20601;
const server = createServer();

beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(TAKEN, "127.0.0.1", resolve));
});

afterAll(() => void server.close());

test("a port in use is found, with the process that holds it", async () => {
  const conflicts = await findPortConflicts([
    { address: "127.0.0.1", port: TAKEN, purpose: "xDS" },
    { address: "127.0.0.1", port: FREE, purpose: "HTTP" },
  ]);
  expect(conflicts).toMatchObject([{ port: TAKEN, purpose: "xDS", holder: { pid: process.pid } }]);
});

test("what is said about a conflict", () => {
  const want = { address: "127.0.0.1", port: 8080, purpose: "the gateway edge.istio-system" };
  expect([
    formatPortConflict(want),
    formatPortConflict({ ...want, holder: { pid: 7, command: "python3 -m http.server 8080" } }),
    formatPortConflict({ ...want, holder: { pid: 7, command: "" } }),
  ]).toMatchInlineSnapshot(`
    [
      "port 8080 on 127.0.0.1, wanted for the gateway edge.istio-system, is held by unknown (another user's process?)",
      "port 8080 on 127.0.0.1, wanted for the gateway edge.istio-system, is held by process 7 (python3 -m http.server 8080)",
      "port 8080 on 127.0.0.1, wanted for the gateway edge.istio-system, is held by process 7 (name unknown)",
    ]
  `);
});
