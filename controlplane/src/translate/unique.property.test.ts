import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { RouteConfiguration } from "../../gen/envoy/config/route/v3/route_pb.js";
import type { ProxyResources, Resource } from "../snapshot/types.ts";
import { translate } from "./index.ts";
import { anyMesh } from "./mesh-arbitrary.ts";

// Envoy refuses a whole route configuration for one name or domain that stands in it twice.

const digest = { sha256: "a".repeat(64) };
const modules = { policies: digest, authorization: digest };
function check(property: (proxy: ProxyResources) => void): void {
  const every = fc.property(anyMesh, (of) => translate(of, { modules }).forEach(property));
  fc.assert(every, { numRuns: 300 });
}

function routeConfigurations(resources: readonly Resource[]): readonly RouteConfiguration[] {
  // The messages of this kind are of this type.
  return resources.filter(({ kind }) => kind === "route").map(({ message }) => message as RouteConfiguration);
}

function twice(names: readonly string[]): readonly string[] {
  return names.filter((name, i) => names.indexOf(name) !== i);
}

describe("of any mesh", () => {
  test("no proxy has two resources of one kind and name", () => {
    check(({ resources }) => expect(twice(resources.map(({ kind, name }) => `${kind} ${name}`))).toEqual([]));
  });

  test("no route configuration has a name or a domain twice", () => {
    check(({ resources }) => {
      for (const { virtualHosts } of routeConfigurations(resources)) {
        expect(twice(virtualHosts.map(({ name }) => name))).toEqual([]);
        expect(twice(virtualHosts.flatMap(({ domains }) => domains.map((domain) => domain.toLowerCase())))).toEqual([]);
        expect(virtualHosts.filter(({ domains, routes: own }) => domains.length === 0 || own.length === 0)).toEqual([]);
      }
    });
  });

  test("routes to destinations that exist lead to clusters that the proxy has", () => {
    check(({ resources }) => {
      const clusters = new Set(resources.filter(({ kind }) => kind === "cluster").map(({ name }) => name));
      const used = routeConfigurations(resources).flatMap(clustersOf);
      expect(used.filter((name) => !clusters.has(name))).toEqual([]);
    });
  });
});

function clustersOf({ virtualHosts }: RouteConfiguration): readonly string[] {
  return virtualHosts
    .flatMap(({ routes: own }) => own)
    .flatMap(({ action }) => (action.case === "route" ? [action.value.clusterSpecifier] : []))
    .flatMap((specifier) =>
      specifier.case === "cluster"
        ? [specifier.value]
        : specifier.case === "weightedClusters"
          ? specifier.value.clusters.map(({ name }) => name)
          : [],
    );
}
