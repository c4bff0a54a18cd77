import { authorizationPoliciesFor } from "./model/index.ts";
import type { Mesh } from "./model/types.ts";
import { explainAuthorization } from "./policy/index.ts";
import { meshAuthorization } from "./translate/authorization-settings.ts";
import type { AuthorizationRequest, Explanation } from "./policy/index.ts";

/** A request to explain: whose proxy gets it, and what is known of it; what is left out has a plain default. */
export type RequestToExplain = { readonly proxy: string } & Partial<AuthorizationRequest>;

export type ExplainResult =
  | {
      readonly kind: "explained";
      /** With the defaults that were taken. */
      readonly request: AuthorizationRequest;
      readonly explanation: Explanation;
    }
  /** `known` are the proxies that there are, as "name.namespace". */
  | { readonly kind: "unknown proxy"; readonly known: readonly string[] };

/**
 * What the policies of a mesh make of a request, and why. Asks no proxy, checks no token (`claims` are taken for checked)
 * and asks no provider: what a CUSTOM policy matches counts as denied by it.
 *
 * @example
 * const result = explainAccess(mesh, { proxy: "orders.shop", method: "POST", path: "/orders" });
 * if (result.kind === "explained") console.log(result.explanation.summary);
 */
export function explainAccess(mesh: Mesh, { proxy: id, ...known }: RequestToExplain): ExplainResult {
  const proxy = mesh.proxies.find((one) => one.id === id);
  if (proxy === undefined) return { kind: "unknown proxy", known: mesh.proxies.map((one) => one.id) };
  const policies = authorizationPoliciesFor(mesh.authorizationPolicies, proxy.workload, mesh.config.rootNamespace);
  const { trust } = meshAuthorization(mesh).options;
  const port = proxy.inbound[0]?.appPort ?? proxy.gateways[0]?.servers[0]?.port.number ?? 80;
  const sourceIp = known.sourceIp ?? "127.0.0.1";
  const request: AuthorizationRequest = {
    method: "GET",
    path: "/",
    host: proxy.inbound[0]?.service?.host ?? "",
    port,
    remoteIp: sourceIp,
    destinationIp: proxy.workload.address,
    ...known,
    sourceIp,
    headers: lowerCased(known.headers ?? {}),
  };
  return { kind: "explained", request, explanation: explainAuthorization(policies, request, { trust }) };
}

function lowerCased(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
}
