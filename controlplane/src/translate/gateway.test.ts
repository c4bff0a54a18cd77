import { expect, test } from "vitest";
import type { GatewayServer, Secret, ServerTls } from "../model/types.ts";
import { resourceJson } from "./json-fixture.ts";
import { gateway, gatewayProxy, mesh, ref, routeTo, virtualService } from "./mesh-fixture.ts";
import { gatewayResources } from "./gateway.ts";
import { indexMesh } from "./mesh-index.ts";
import { UNOBSERVED } from "./observation.ts";
import { secretResources } from "./secret.ts";

const simple: ServerTls = {
  mode: "SIMPLE",
  certificates: [],
  credentialNames: ["c"],
  subjectAltNames: [],
  verifyCertificateSpki: [],
  verifyCertificateHash: [],
  minVersion: "TLSV1_2",
  cipherSuites: [],
};
const secret: Secret = {
  ref: ref("Secret", "c", "istio-system"),
  labels: {},
  certificate: "CERT",
  privateKey: "KEY",
  authorities: "CA",
};

function server(port: number, host: string, fields: Partial<GatewayServer> = {}): GatewayServer {
  const protocol = fields.tls === undefined ? ("HTTP" as const) : ("HTTPS" as const);
  return { port: { number: port, protocol, name: "web" }, hosts: [{ namespace: "*", host }], ...fields };
}

function made(servers: readonly GatewayServer[], secrets: readonly Secret[] = [secret]) {
  const one = gateway("g", { servers });
  const proxy = gatewayProxy([one]);
  const all = mesh({
    gateways: [one],
    proxies: [proxy],
    secrets,
    virtualServices: [virtualService(["a.com"], [routeTo("b.com")], { gateways: ["default/g"] })],
  });
  const context = {
    index: indexMesh(all),
    proxy,
    policies: undefined,
    origins: [],
    access: { filters: [], on: [], tcpFilters: [] },
    observation: UNOBSERVED,
  };
  return { list: gatewayResources(context), secrets: secretResources(all, proxy, []) };
}

function listeners(servers: readonly GatewayServer[], secrets?: readonly Secret[]) {
  return made(servers, secrets)
    .list.filter(({ kind }) => kind === "listener")
    .map(resourceJson);
}

test("servers that end TLS have a chain and routes each, found by the name in the client's hello", () => {
  const other = {
    ...server(443, "b.com", { tls: simple }),
    port: { number: 443, protocol: "HTTPS" as const, name: "b" },
  };
  const { list, secrets } = made([server(443, "a.com", { tls: simple }), other]);
  expect(list.map(({ name }) => name)).toEqual(["127.0.0.1_443", "https.443.web.g.default", "https.443.b.g.default"]);
  expect(listeners([server(443, "a.com", { tls: simple })])).toMatchObject([
    {
      filter_chains: [
        {
          filter_chain_match: { server_names: ["a.com"] },
          transport_socket: {
            typed_config: {
              common_tls_context: {
                alpn_protocols: ["h2", "http/1.1"],
                tls_params: { tls_minimum_protocol_version: "TLSv1_2" },
                tls_certificate_sds_secret_configs: [{ name: "kubernetes://c", sds_config: { ads: {} } }],
              },
            },
          },
        },
      ],
    },
  ]);
  expect(secrets.map(({ kind, name }) => [kind, name])).toEqual([["secret", "kubernetes://c"]]);
});

test("clients are checked by the authorities of the same Secret", () => {
  const { secrets } = made([server(443, "a.com", { tls: { ...simple, mode: "MUTUAL" } })]);
  expect(secrets.map(({ name }) => name)).toEqual(["kubernetes://c", "kubernetes://c-cacert"]);
  expect(listeners([server(443, "a.com", { tls: { ...simple, mode: "MUTUAL" } })])).toMatchObject([
    {
      filter_chains: [
        {
          transport_socket: {
            typed_config: {
              require_client_certificate: true,
              common_tls_context: {
                combined_validation_context: {
                  validation_context_sds_secret_config: { name: "kubernetes://c-cacert" },
                },
              },
            },
          },
        },
      ],
    },
  ]);
});

test("a server without its Secret does not hold up the others of its port", () => {
  const missing: ServerTls = { ...simple, credentialNames: ["d"] };
  const [listener] = listeners([server(443, "a.com", { tls: simple }), server(443, "b.com", { tls: missing })]);
  expect(listener).toMatchObject({ filter_chains: [{ filter_chain_match: { server_names: ["a.com"] } }] });
  expect(listener).not.toHaveProperty("filter_chains.1");
  expect(listeners([server(443, "b.com", { tls: missing })])).toEqual([]);
});

test("the first server of a port says what it speaks", () => {
  expect(listeners([server(80, "a.com"), server(80, "b.com", { tls: simple })])).toMatchObject([
    {
      filter_chains: [
        { filters: [{ name: "sluice.direct_peer" }, { name: "envoy.filters.network.http_connection_manager" }] },
      ],
    },
  ]);
});

test("a redirect to https is for all of a server's hosts, and only for those", () => {
  const routes = made([server(80, "*.com", { httpsRedirect: true }), server(80, "c.org")]).list.find(
    ({ kind }) => kind === "route",
  );
  expect(routes && resourceJson(routes)).toMatchObject({
    virtual_hosts: [
      { domains: ["*.com"], require_tls: "ALL" },
      { domains: ["a.com"], require_tls: "ALL" },
      { domains: ["*"] },
    ],
  });
});
