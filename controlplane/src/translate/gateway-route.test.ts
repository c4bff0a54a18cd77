import { describe, expect, test } from "vitest";
import type { RouteConfiguration } from "../../gen/envoy/config/route/v3/route_pb.js";
import type { Gateway, VirtualService } from "../model/types.ts";
import { gatewayPorts } from "../model/index.ts";
import { gatewayRouteResource } from "./gateway-route.ts";
import { indexMesh } from "./mesh-index.ts";
import { gateway, gatewayProxy, httpMatch, mesh, ref, routeTo, virtualService } from "./mesh-fixture.ts";

function bound(
  hosts: readonly string[],
  target: string,
  path?: string,
  fields: Partial<VirtualService> = {},
): VirtualService {
  const http = routeTo(target, path === undefined ? {} : { match: [httpMatch({ uri: { exact: path } })] });
  return virtualService(hosts, [http], { gateways: ["default/g"], ...fields });
}

function serving(...hosts: readonly string[]): Gateway {
  const server = { port: { number: 8080, protocol: "HTTP" as const, name: "http" } };
  return gateway("g", {
    servers: [
      {
        ...server,
        hosts: hosts.map((text) => {
          const [namespace = "*", host = "*"] = text.split("/");
          return { namespace, host };
        }),
      },
    ],
  });
}

/** Cluster or status of each route, by domain. */
function targets(gateways: readonly Gateway[], virtualServices: readonly VirtualService[]): Record<string, unknown[]> {
  const proxy = gatewayProxy(gateways);
  const index = indexMesh(mesh({ virtualServices, gateways, proxies: [proxy] }));
  const [port] = gatewayPorts(gateways).ports;
  if (!port) {
    return {};
  }
  // The schema of the resource says so.
  const message = gatewayRouteResource(index, proxy, { ...port, routes: "http.8080" }, undefined, [])
    .message as RouteConfiguration;
  return Object.fromEntries(
    message.virtualHosts.map(({ domains, routes }) => [
      domains.join(),
      routes.map(({ action: { case: kind, value } }) =>
        kind === "route" ? value.clusterSpecifier.value : kind === "directResponse" ? value.status : kind,
      ),
    ]),
  );
}

describe("hosts", () => {
  test.each<[string, string[], string[], string[]]>([
    ["any host of the server", ["*/*"], ["a.com"], ["a.com", "*"]],
    ["the server narrows a wildcard", ["*/a.com"], ["*.com"], ["a.com", "*"]],
    ["a wildcard of the server", ["*/*.com"], ["a.com", "b.org"], ["a.com", "*"]],
    ["its own namespace", ["default/*"], ["a.com"], ["a.com", "*"]],
    ["another namespace", ["other/*"], ["a.com"], ["*"]],
    ["every host", ["*/*"], ["*"], ["*"]],
  ])("%s: %j with %j is %j", (_, server, hosts, expected) => {
    expect(Object.keys(targets([serving(...server)], [bound(hosts, "x.com")]))).toEqual(
      expect.arrayContaining(expected),
    );
    expect(Object.keys(targets([serving(...server)], [bound(hosts, "x.com")]))).toHaveLength(expected.length);
  });
});

describe("routes", () => {
  test("nothing bound is not found", () => {
    expect(targets([serving("*/*")], [])).toEqual({ "*": [404] });
  });

  test("VirtualServices of one host are merged, catch-alls last", () => {
    const all = bound(["a.com"], "all.com");
    const path = bound(["a.com"], "path.com", "/p", { ref: ref("VirtualService", "z") });
    expect(targets([serving("*/*")], [all, path])["a.com"]).toEqual([
      "outbound|8080||path.com",
      "outbound|8080||all.com",
    ]);
  });

  test("what no route matches is not found", () => {
    expect(targets([serving("*/*")], [bound(["a.com"], "x.com", "/x")])["a.com"]).toEqual([
      "outbound|8080||x.com",
      404,
    ]);
  });

  test("a VirtualService of another gateway or the mesh only is not bound", () => {
    const others = [["mesh"], ["other/g"]].map((gateways) => bound(["a.com"], "x.com", undefined, { gateways }));
    expect(targets([serving("*/*")], others)).toEqual({ "*": [404] });
  });

  test("two Gateways with one port are merged, a VirtualService of both comes once", () => {
    const second = { ...serving("*/*"), ref: ref("Gateway", "h") };
    const both = bound(["a.com"], "x.com", "/x", { gateways: ["default/g", "default/h"] });
    expect(targets([serving("*/*"), second], [both])["a.com"]).toEqual(["outbound|8080||x.com", 404]);
  });
});
