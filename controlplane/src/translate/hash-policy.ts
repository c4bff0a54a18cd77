import { RouteAction_HashPolicySchema } from "../../gen/envoy/config/route/v3/route_components_pb.js";
import type { RouteAction_HashPolicy } from "../../gen/envoy/config/route/v3/route_components_pb.js";
import type { HashKey } from "../model/types.ts";
import { create } from "./create.ts";
import { duration } from "./protobuf.ts";

/** What a route to a hashing cluster takes of a request. Istio writes one for each destination. */
export function hashPolicyOf(key: HashKey): RouteAction_HashPolicy {
  if ("httpHeaderName" in key)
    return create(RouteAction_HashPolicySchema, {
      policySpecifier: { case: "header", value: { headerName: key.httpHeaderName } },
    });
  if ("httpQueryParameterName" in key)
    return create(RouteAction_HashPolicySchema, {
      policySpecifier: { case: "queryParameter", value: { name: key.httpQueryParameterName } },
    });
  if ("useSourceIp" in key)
    return create(RouteAction_HashPolicySchema, {
      policySpecifier: { case: "connectionProperties", value: { sourceIp: key.useSourceIp } },
    });
  const { name, path, ttlMs, attributes } = key.httpCookie;
  const value = {
    name,
    path: path ?? "",
    attributes: attributes.map((attribute) => ({ ...attribute })),
    ...(ttlMs === undefined ? {} : { ttl: duration(ttlMs) }),
  };
  return create(RouteAction_HashPolicySchema, { policySpecifier: { case: "cookie", value } });
}
