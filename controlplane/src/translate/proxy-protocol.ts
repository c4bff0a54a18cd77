import { ListenerFilterSchema } from "../../gen/envoy/config/listener/v3/listener_components_pb.js";
import type { ListenerFilter } from "../../gen/envoy/config/listener/v3/listener_components_pb.js";
import { ProxyProtocolSchema } from "../../gen/envoy/extensions/filters/listener/proxy_protocol/v3/proxy_protocol_pb.js";
import { create } from "./create.ts";
import { pack } from "./protobuf.ts";

/** Takes a connection for that of the client that the first bytes name, and refuses connections without them. */
export const proxyProtocol: ListenerFilter = create(ListenerFilterSchema, {
  name: "envoy.filters.listener.proxy_protocol",
  configType: { case: "typedConfig", value: pack(ProxyProtocolSchema, create(ProxyProtocolSchema)) },
});
