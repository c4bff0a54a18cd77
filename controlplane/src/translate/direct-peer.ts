import { SubstitutionFormatStringSchema } from "../../gen/envoy/config/core/v3/substitution_format_string_pb.js";
import type { Filter } from "../../gen/envoy/config/listener/v3/listener_components_pb.js";
import { FilterSchema } from "../../gen/envoy/config/listener/v3/listener_components_pb.js";
import { FilterStateValueSchema } from "../../gen/envoy/extensions/filters/common/set_filter_state/v3/value_pb.js";
import { ConfigSchema } from "../../gen/envoy/extensions/filters/network/set_filter_state/v3/set_filter_state_pb.js";
import { keepBytes } from "../snapshot/canonical.ts";
import { create } from "./create.ts";
import { pack } from "./protobuf.ts";

const filter = create(FilterSchema, {
  name: "sluice.direct_peer",
  configType: {
    case: "typedConfig",
    value: pack(
      ConfigSchema,
      create(ConfigSchema, {
        onNewConnection: [
          create(FilterStateValueSchema, {
            key: { case: "objectKey", value: "sluice.direct_peer" },
            factoryKey: "envoy.string",
            value: {
              case: "formatString",
              value: create(SubstitutionFormatStringSchema, {
                format: {
                  case: "textFormatSource",
                  value: {
                    specifier: { case: "inlineString", value: "%DOWNSTREAM_DIRECT_REMOTE_ADDRESS_WITHOUT_PORT%" },
                  },
                },
              }),
            },
          }),
        ],
      }),
    ),
  },
});

/**
 * Writes down the peer's own address when a connection comes, for authorization by `source.ip` and `ipBlocks`: the
 * connection manager puts the address of X-Forwarded-For in its place, which any client may send, and attributes tell
 * no other.
 */
export const directPeer: Filter = keepBytes(FilterSchema, filter);
