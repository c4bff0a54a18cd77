import { ApiVersion, ConfigSourceSchema } from "../../gen/envoy/config/core/v3/config_source_pb.js";
import type { ConfigSource } from "../../gen/envoy/config/core/v3/config_source_pb.js";
import { create } from "./create.ts";
import { zeroDuration } from "./protobuf.ts";

/**
 * "From the same ADS stream." Without a time limit for the first answer: a listener or cluster that has not got all
 * of its parts goes on warming and the one that it replaces goes on serving, also while the control plane is away.
 */
export const adsConfigSource: ConfigSource = create(ConfigSourceSchema, {
  configSourceSpecifier: { case: "ads", value: {} },
  resourceApiVersion: ApiVersion.V3,
  initialFetchTimeout: zeroDuration,
});
