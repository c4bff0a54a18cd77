import type { Any } from "@bufbuild/protobuf/wkt";
import { FaultRateLimitSchema } from "../../gen/envoy/extensions/filters/common/fault/v3/fault_pb.js";
import { HTTPFaultSchema } from "../../gen/envoy/extensions/filters/http/fault/v3/fault_pb.js";
import { LuaPerRouteSchema, LuaSchema } from "../../gen/envoy/extensions/filters/http/lua/v3/lua_pb.js";
import { HttpFilterSchema } from "../../gen/envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager_pb.js";
import type { HttpFilter } from "../../gen/envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager_pb.js";
import { FractionalPercent_DenominatorType as Denominator } from "../../gen/envoy/type/v3/percent_pb.js";
import type { FaultInjection } from "../model/fault-injection.ts";
import { create } from "./create.ts";
import { pack } from "./protobuf.ts";

const drip = "envoy.filters.http.fault";
const cut = "envoy.filters.http.lua";

/**
 * What a Wasm filter cannot do to a response, or could do only by reading every piece of it: Envoy's own filters do it.
 * They stand behind ours, which decides and tells them, and are off but for routes that have such a fault.
 */
export const responseFaultFilters: readonly HttpFilter[] = [
  create(HttpFilterSchema, {
    name: drip,
    disabled: true,
    configType: { case: "typedConfig", value: pack(HTTPFaultSchema, create(HTTPFaultSchema)) },
  }),
  create(HttpFilterSchema, {
    name: cut,
    disabled: true,
    configType: { case: "typedConfig", value: pack(LuaSchema, create(LuaSchema)) },
  }),
];

/** The limit is a header that our filter sets, after it has taken away the client's. */
const dripOn = pack(
  HTTPFaultSchema,
  create(HTTPFaultSchema, {
    responseRateLimit: create(FaultRateLimitSchema, {
      limitType: { case: "headerLimit", value: {} },
      percentage: { numerator: 100, denominator: Denominator.HUNDRED },
    }),
  }),
);

/** Where our filter has left a number of bytes, the body ends there, and its announced length is no longer. */
const SCRIPT = `
function envoy_on_response(handle)
  local told = handle:streamInfo():filterState():get("wasm.fault_truncate")
  if told == nil then return end
  local left = tonumber(told)
  local headers = handle:headers()
  local length = headers:get("content-length")
  if length ~= nil and tonumber(length) > left then headers:replace("content-length", tostring(left)) end
  for chunk in handle:bodyChunks() do
    local size = chunk:length()
    if size > left then chunk:setBytes(chunk:getBytes(0, left)) end
    left = math.max(left - size, 0)
  end
end
`;
const cutOn = pack(
  LuaPerRouteSchema,
  create(LuaPerRouteSchema, {
    override: { case: "sourceCode", value: { specifier: { case: "inlineString", value: SCRIPT } } },
  }),
);

/** The `typed_per_filter_config` by which Envoy's filters do their part of a route's faults. */
export function responseFaults(injections: readonly FaultInjection[]): Record<string, Any> {
  return {
    ...(injections.some((injection) => injection.drip) ? { [drip]: dripOn } : {}),
    ...(injections.some((injection) => injection.truncate) ? { [cut]: cutOn } : {}),
  };
}
