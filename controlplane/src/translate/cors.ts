import { CorsPolicySchema, CorsSchema } from "../../gen/envoy/extensions/filters/http/cors/v3/cors_pb.js";
import { HttpFilterSchema } from "../../gen/envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager_pb.js";
import type { HttpFilter } from "../../gen/envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager_pb.js";
import type { Any } from "@bufbuild/protobuf/wkt";
import type { CorsPolicy } from "../model/types.ts";
import { create } from "./create.ts";
import { pack } from "./protobuf.ts";
import { anyValue, stringMatcher } from "./route-match.ts";

const name = "envoy.filters.http.cors";

/** Envoy's own CORS filter: off, but for the routes that have a policy. */
export const corsFilter: HttpFilter = create(HttpFilterSchema, {
  name,
  disabled: true,
  configType: { case: "typedConfig", value: pack(CorsSchema, create(CorsSchema)) },
});

/** The `typed_per_filter_config` of a route with this policy. */
export function corsConfig(policy: CorsPolicy): Record<string, Any> {
  const { maxAgeMs, allowCredentials } = policy;
  const message = create(CorsPolicySchema, {
    // An origin is there in every request that the filter looks at, so that any will do for "present".
    allowOriginStringMatch: policy.allowOrigins.map((origin) =>
      "exact" in origin && origin.exact === "*" ? anyValue : (stringMatcher(origin) ?? anyValue),
    ),
    allowMethods: policy.allowMethods.join(","),
    allowHeaders: policy.allowHeaders.join(","),
    exposeHeaders: policy.exposeHeaders.join(","),
    ...(maxAgeMs === undefined ? {} : { maxAge: String(maxAgeMs / 1000) }),
    ...(allowCredentials === undefined ? {} : { allowCredentials }),
    forwardNotMatchingPreflights: policy.forwardUnmatchedPreflights,
  });
  return { [name]: pack(CorsPolicySchema, message) };
}
