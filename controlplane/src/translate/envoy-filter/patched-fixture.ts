import { admitTexts, objectText, shortDiagnostic } from "../../model/testing/decode-text.ts";
import type { Diagnostic } from "../../model/diagnostic.ts";
import type { Mesh } from "../../model/types.ts";
import type { ProxyResources, Resource } from "../../snapshot/types.ts";
import { translateInParts } from "../index.ts";
import { resourceJson } from "../json-fixture.ts";
import type { Recall } from "../recall.ts";

/** `reviews` behind a sidecar (9080 of the service, 9090 of the program), `db` that speaks TCP, and a gateway on 8080. */
const BASE = [
  objectText(
    "ServiceEntry",
    "hosts: [reviews.shop.svc.cluster.local]\nresolution: STATIC\nports: [{ number: 9080, name: http }]\nworkloadSelector: { labels: { app: reviews } }",
    "reviews",
  ),
  objectText(
    "ServiceEntry",
    "hosts: [db.shop.svc.cluster.local]\nresolution: STATIC\nports: [{ number: 5432, name: tcp }]\nendpoints: [{ address: 127.0.0.9 }]",
    "db",
  ),
  objectText("WorkloadEntry", "address: 127.0.0.1\nports: { http: 9090 }\nlabels: { app: reviews }", "reviews-v1"),
  objectText("WorkloadEntry", "address: 127.0.0.2\nports: { http: 9091 }\nlabels: { app: other }", "other"),
  objectText("WorkloadEntry", "address: 127.0.0.3\nlabels: { istio: ingressgateway }", "edge"),
  objectText(
    "Gateway",
    'selector: { istio: ingressgateway }\nservers: [{ port: { number: 8080, name: web, protocol: HTTP }, hosts: ["*"] }]',
    "edge",
  ),
  objectText(
    "VirtualService",
    "hosts: [shop.test]\ngateways: [edge]\nhttp: [{ name: first, match: [{ uri: { prefix: /old } }], redirect: { uri: /new } }, { name: second, route: [{ destination: { host: reviews } }] }]",
    "shop",
  ),
].join("---\n");

const digest = { sha256: "0".repeat(64) };

/** The mesh with EnvoyFilters, each of which is its spec in YAML. */
export function patchedMesh(...specs: readonly string[]): { mesh: Mesh; problems: string[] } {
  const filters = specs.map((spec, index) => objectText("EnvoyFilter", spec, `filter-${index}`));
  const { mesh, diagnostics } = admitTexts({ "base.yaml": BASE, "filters.yaml": filters.join("---\n") });
  return { mesh, problems: diagnostics.map(shortDiagnostic) };
}

export interface Patched {
  readonly parts: readonly ProxyResources[];
  readonly doubts: readonly string[];
}

export function translated(mesh: Mesh, recall?: Recall): Patched {
  let found: readonly Diagnostic[] = [];
  const modules = { policies: digest, authorization: digest };
  const parts = translateInParts(mesh, { modules, report: (diagnostics) => (found = diagnostics) }, recall);
  return { parts, doubts: found.map(shortDiagnostic) };
}

/** What a proxy is given; its own resources win over those that it has in common with others. */
export function resourcesOf({ parts }: Patched, proxy: string): readonly Resource[] {
  const part = parts.find((one) => one.proxy === proxy);
  const own = part?.resources ?? [];
  const names = new Set(own.map(({ kind, name }) => `${kind} ${name}`));
  const shared = (part?.shared ?? []).flat().filter(({ kind, name }) => !names.has(`${kind} ${name}`));
  return [...own, ...shared];
}

export function resourceOf(
  patched: Patched,
  proxy: string,
  kind: Resource["kind"],
  name: string,
): Resource | undefined {
  return resourcesOf(patched, proxy).find((one) => one.kind === kind && one.name.startsWith(name));
}

/** A resource as Envoy's JSON, as text. */
export function textOf(resource: Resource | undefined): string {
  return resource === undefined ? "" : JSON.stringify(resourceJson(resource));
}
