import type { DescMessage, MessageShape } from "@bufbuild/protobuf";
import { TransportSocketSchema } from "../../gen/envoy/config/core/v3/base_pb.js";
import type { TransportSocket } from "../../gen/envoy/config/core/v3/base_pb.js";
import { create } from "./create.ts";
import { pack } from "./protobuf.ts";

/** A transport socket of Envoy, `name` without what all of their names begin with. */
export function socket<D extends DescMessage>(name: string, schema: D, message: MessageShape<D>): TransportSocket {
  return create(TransportSocketSchema, {
    name: `envoy.transport_sockets.${name}`,
    configType: { case: "typedConfig", value: pack(schema, message) },
  });
}
