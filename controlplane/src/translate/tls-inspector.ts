import { ListenerFilterSchema } from "../../gen/envoy/config/listener/v3/listener_components_pb.js";
import type { ListenerFilter } from "../../gen/envoy/config/listener/v3/listener_components_pb.js";
import { TlsInspectorSchema } from "../../gen/envoy/extensions/filters/listener/tls_inspector/v3/tls_inspector_pb.js";
import { create } from "./create.ts";
import { pack } from "./protobuf.ts";

/**
 * Reads the name that a TLS client asks for, before a filter chain is chosen. Every listener with a TLS chain needs it:
 * without it `connection.sni` is known to no authorization policy, and no chain can be chosen by name.
 */
export const tlsInspector: ListenerFilter = create(ListenerFilterSchema, {
  name: "envoy.filters.listener.tls_inspector",
  configType: { case: "typedConfig", value: pack(TlsInspectorSchema, create(TlsInspectorSchema)) },
});
