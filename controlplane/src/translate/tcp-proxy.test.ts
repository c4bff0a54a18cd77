import { expect, test } from "vitest";
import { FilterChainSchema } from "../../gen/envoy/config/listener/v3/listener_components_pb.js";
import { EMPTY_MESH } from "../model/empty-mesh.ts";
import { asJson } from "./json-fixture.ts";
import { tcpChain } from "./tcp-proxy.ts";

test("connections go through the tunnel of their destination, and end when they are silent", () => {
  const tunnel = { protocol: "POST" as const, targetHost: "db.com", targetPort: 5432 };
  const target = { cluster: "c", hashKey: undefined, weight: 1, tunnel, idleTimeoutMs: 1000, maxDurationMs: 2000 };
  expect(asJson(FilterChainSchema, tcpChain({ targets: [target] }, EMPTY_MESH.config))).toMatchObject({
    filters: [
      {
        typed_config: {
          cluster: "c",
          idle_timeout: "1s",
          max_downstream_connection_duration: "2s",
          tunneling_config: { hostname: "db.com:5432", use_post: true },
        },
      },
    ],
  });
});
