import { expect, test } from "vitest";
import { admit } from "../model/admit.ts";
import { NO_LAST_GOOD } from "../model/last-good.ts";
import { explainConnection, explainRequest } from "./index.ts";

const YAML = `
apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: { name: a, namespace: shop }
spec:
  hosts: [a.test]
  resolution: STATIC
  ports: [{ number: 80, name: http }, { number: 90, name: tcp }]
  endpoints: [{ address: 10.0.0.1 }]
---
apiVersion: networking.istio.io/v1
kind: WorkloadEntry
metadata: { name: client, namespace: shop }
spec: { address: 127.0.0.1, ports: { http: 9080 }, labels: { app: client } }
---
apiVersion: networking.istio.io/v1
kind: Sidecar
metadata: { name: client, namespace: shop }
spec:
  egress:
  - { port: { number: 80, protocol: HTTP, name: own }, bind: 127.0.0.2, captureMode: NONE, hosts: ["./a.test"] }
  - { port: { number: 90, protocol: TCP, name: raw }, bind: 127.0.0.3, captureMode: NONE, hosts: ["./a.test"] }
  - { hosts: ["~/*"] }
---
apiVersion: networking.istio.io/v1alpha3
kind: EnvoyFilter
metadata: { name: patch, namespace: shop }
spec:
  configPatches:
  - applyTo: CLUSTER
    match: { context: SIDECAR_OUTBOUND, cluster: { service: a.test } }
    patch: { operation: MERGE, value: { connect_timeout: 7s } }
  - applyTo: LISTENER
    match: { context: SIDECAR_OUTBOUND, listener: { name: 127.0.0.2_80 } }
    patch: { operation: MERGE, value: { per_connection_buffer_limit_bytes: 4096 } }
`;
const { mesh, diagnostics } = admit([{ path: "mesh.yaml", text: YAML }], NO_LAST_GOOD);
const asker = { method: "GET", headers: [["host", "a.test"]], from: "client" } as const;

test("its YAML is good", () => {
  expect(diagnostics).toEqual([]);
});

test("a request enters at a Sidecar's own listener by the place of that; who patches what is on the way is told", () => {
  expect(explainRequest(mesh, { ...asker, url: new URL("http://127.0.0.2:80/") })).toMatchObject({
    listener: { address: "127.0.0.2", port: 80 },
    outcome: { kind: "forward", destinations: [{ host: "a.test" }] },
    effects: expect.arrayContaining([
      {
        kind: "patch",
        text: "changes the listener outbound|127.0.0.2_80, the cluster outbound|80||a.test",
        from: { object: "EnvoyFilter shop/patch", position: { file: "mesh.yaml", line: 25, column: 1 } },
      },
    ]) as unknown,
  });
});

test("by any other URL it enters where all hosts are asked for", () => {
  const found = explainRequest(mesh, { ...asker, url: new URL("http://a.test/") });
  expect(found).toMatchObject({ listener: { name: "outbound" }, outcome: { kind: "respond", status: 502 } });
});

test("a connection", () => {
  const found = explainConnection(mesh, { from: "client", host: "127.0.0.3", port: 90 });
  expect(found).toMatchObject({ listener: { address: "127.0.0.3" }, outcome: { destinations: [{ host: "a.test" }] } });
});
