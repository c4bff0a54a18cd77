import { expect, test } from "vitest";
import { EMPTY_MESH } from "../model/empty-mesh.ts";
import type { AuthorizationPolicy, AuthorizationProvider } from "../model/types.ts";
import { FilterSchema } from "../../gen/envoy/config/listener/v3/listener_components_pb.js";
import { asJson, resourceJson } from "./json-fixture.ts";
import { mesh, ref, service, workload } from "./mesh-fixture.ts";
import { tcpCustomCompiler } from "./tcp-custom.ts";

const common = { port: 9000, timeoutMs: 1000, failOpen: true, clearRouteCache: false };
const providers: readonly AuthorizationProvider[] = [
  { ...common, name: "by-grpc", service: "opa.test" },
  {
    ...common,
    name: "by-http",
    service: "opa.test",
    http: {
      pathPrefix: "",
      includeHeaders: [],
      addHeaders: {},
      upstreamOnAllow: [],
      downstreamOnDeny: [],
      downstreamOnAllow: [],
    },
  },
];
const policy: AuthorizationPolicy = {
  ref: ref("AuthorizationPolicy", "asks"),
  labels: {},
  selector: { app: "db" },
  action: "CUSTOM",
  provider: "by-grpc",
  rules: [
    {
      from: [{ ipBlocks: [{ kind: "cidr", value: "10.0.0.0/8" }] }],
      to: [],
      when: [{ header: "x-a", values: [{ kind: "exact", value: "b" }], notValues: [] }],
    },
  ],
};
const custom = tcpCustomCompiler(
  mesh({
    services: [service("opa.test", { ports: [{ number: 9000, name: "grpc", protocol: "GRPC" }] })],
    authorizationPolicies: [policy],
    config: {
      ...EMPTY_MESH.config,
      authorization: { trustDomain: "cluster.local", trustDomainAliases: [], providers },
    },
  }),
);

test("only providers that speak gRPC can be asked about connections", () => {
  expect(custom.filters.map((filter) => asJson(FilterSchema, filter))).toMatchObject([
    { name: "sluice.tcp.custom.by-grpc.rules", config_discovery: { config_source: { ads: {} } } },
    { name: "sluice.tcp.custom.by-grpc", config_discovery: { config_source: { ads: {} } } },
  ]);
});

test("what connections do not have is left out of the rule, and only marked ones are asked about", () => {
  const [marker, question] = custom.of(workload("db")).map(resourceJson);
  const text = JSON.stringify(marker);
  expect(text).toContain('"direct_remote_ip"');
  expect(text).not.toContain("x-a");
  expect(question).toMatchObject({
    typed_config: {
      "@type": "type.googleapis.com/envoy.extensions.filters.network.ext_authz.v3.ExtAuthz",
      stat_prefix: "by-grpc",
      failure_mode_allow: true,
      grpc_service: { envoy_grpc: { cluster_name: "outbound|9000||opa.test" }, timeout: "1s" },
      filter_enabled_metadata: { filter: "envoy.filters.network.rbac" },
    },
  });
});

test("a workload without such a policy has markers that mark nothing", () => {
  const [marker, question] = custom.of(workload("other")).map(resourceJson);
  expect(JSON.stringify(marker)).not.toContain("shadow_rules");
  expect(question).toMatchObject({ name: "sluice.tcp.custom.by-grpc" });
});
