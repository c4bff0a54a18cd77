import { BytesValueSchema } from "@bufbuild/protobuf/wkt";
import { TypedExtensionConfigSchema } from "../../gen/envoy/config/core/v3/extension_pb.js";
import type { TypedExtensionConfig } from "../../gen/envoy/config/core/v3/extension_pb.js";
import { WasmSchema } from "../../gen/envoy/extensions/filters/http/wasm/v3/wasm_pb.js";
import { WasmSchema as NetworkWasmSchema } from "../../gen/envoy/extensions/filters/network/wasm/v3/wasm_pb.js";
import { FailurePolicy, PluginConfigSchema } from "../../gen/envoy/extensions/wasm/v3/wasm_pb.js";
import type { PluginConfig } from "../../gen/envoy/extensions/wasm/v3/wasm_pb.js";
import type { ObjectRef } from "../model/types.ts";
import type { Resource } from "../snapshot/types.ts";
import { create } from "./create.ts";
import { filterName } from "./filters.ts";
import type { Direction } from "./filters.ts";
import { modulesCluster } from "./names.ts";
import { duration, pack } from "./protobuf.ts";
import { extensionResource } from "./resource.ts";

/** A module in the control plane's store: 64 hexadecimal digits. */
export interface ModuleDigest {
  readonly sha256: string;
}

/**
 * The configuration of a direction's policies: their module, which Envoy fetches by digest, and the proxy's programs.
 * Without a program (empty) only those do anything that come with a route. Each direction has a VM of its own, which
 * answers nothing but 503 when it has failed, until Envoy has made a new one: one that decides about access must not open.
 *
 * When an Envoy starts, all of its listeners ask for a module before the first one's fetch has ended. For each listener
 * but the first Envoy then logs "[critical] … failed to load (in progress)", and sets its filter up all the same when
 * the code is there: listeners begin to serve only then (Envoy 1.40, source/extensions/common/wasm/wasm.cc).
 */
export function extension(
  direction: Direction,
  module: ModuleDigest,
  programs: Uint8Array,
  origins: readonly ObjectRef[],
): Resource {
  const name = filterName(direction);
  const make = (update: number | undefined): TypedExtensionConfig => {
    const wasm = create(WasmSchema, { config: plugin(name, module, programs, update) });
    return create(TypedExtensionConfigSchema, { name, typedConfig: pack(WasmSchema, wasm) });
  };
  return extensionResource(make(undefined), [make(0), make(1)], origins);
}

/** The same for a network filter. */
export function networkExtension(
  name: string,
  module: ModuleDigest,
  program: Uint8Array,
  origins: readonly ObjectRef[],
): Resource {
  const make = (update: number | undefined): TypedExtensionConfig => {
    const wasm = create(NetworkWasmSchema, { config: plugin(name, module, program, update) });
    return create(TypedExtensionConfigSchema, { name, typedConfig: pack(NetworkWasmSchema, wasm) });
  };
  return extensionResource(make(undefined), [make(0), make(1)], origins);
}

/**
 * Envoy fetches code while a listener warms. For a listener that serves already it never does (up to 1.40): the filter
 * would be gone, and authorization with it. So an update (`update` counts the equal ones) asks Envoy to refuse it while
 * the code is not in its cache, to go on with what it has, and to fetch the code for the next time.
 */
function plugin(
  name: string,
  { sha256 }: ModuleDigest,
  programs: Uint8Array,
  update: number | undefined,
): PluginConfig {
  return create(PluginConfigSchema, {
    name,
    failurePolicy: FailurePolicy.FAIL_RELOAD,
    configuration: pack(BytesValueSchema, create(BytesValueSchema, { value: programs })),
    vm: {
      case: "vmConfig",
      value: {
        vmId: name,
        runtime: "envoy.wasm.runtime.v8",
        nackOnCodeCacheMiss: update !== undefined,
        code: {
          specifier: {
            case: "remote",
            value: {
              httpUri: {
                uri: `http://sluice/modules/${sha256}.wasm`,
                httpUpstreamType: { case: "cluster", value: modulesCluster },
                // A millisecond tells equal updates apart.
                timeout: duration(10_000 + (update ?? 0)),
              },
              sha256,
              // Without end: an Envoy that has given up does not try again, and its filter stays failed.
              retryPolicy: {
                numRetries: 1_000_000_000,
                retryBackOff: { baseInterval: duration(200), maxInterval: duration(2000) },
              },
            },
          },
        },
      },
    },
  });
}
