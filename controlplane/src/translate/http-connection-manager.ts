import type { MessageInitShape } from "@bufbuild/protobuf";
import { HeaderValueOption_HeaderAppendAction } from "../../gen/envoy/config/core/v3/base_pb.js";
import { TypedExtensionConfigSchema } from "../../gen/envoy/config/core/v3/extension_pb.js";
import type { TypedExtensionConfig } from "../../gen/envoy/config/core/v3/extension_pb.js";
import {
  HttpConnectionManager_ForwardClientCertDetails as ForwardClientCertDetails,
  HttpConnectionManager_PathWithEscapedSlashesAction as PathWithEscapedSlashesAction,
  HttpConnectionManagerSchema,
} from "../../gen/envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager_pb.js";
import type {
  HttpConnectionManager,
  HttpFilter,
} from "../../gen/envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager_pb.js";
import { HeaderMutationSchema } from "../../gen/envoy/extensions/http/early_header_mutation/header_mutation/v3/header_mutation_pb.js";
import type { ForwardClientCert, MeshConfig } from "../model/types.ts";
import { accessLogs } from "./access-log.ts";
import { adsConfigSource } from "./config-source.ts";
import { create } from "./create.ts";
import { httpFilters } from "./filters.ts";
import type { Direction } from "./filters.ts";
import { peerHeader } from "./names.ts";
import type { HttpObservation } from "./observation.ts";
import { pack, zeroDuration } from "./protobuf.ts";

export interface ConnectionManagerOptions {
  readonly statPrefix: string;
  /** Name of the RDS route configuration. */
  readonly routes: string;
  readonly direction: Direction;
  /** True at the edge of the mesh: clients are not trusted with X-Forwarded-For and the like. */
  readonly edge: boolean;
  /** True where clients within the mesh show certificates: the program is told whose. */
  readonly knowsClients?: boolean;
  /** Filters that stand before the policies. */
  readonly before?: readonly HttpFilter[];
  readonly config: MeshConfig;
  /** Filters before the router beyond those that every listener has. */
  readonly moreFilters?: readonly HttpFilter[];
  /** The proxy's own identity, where it is the client side of what follows. */
  readonly peer?: string;
  readonly observation?: HttpObservation;
}

/** Envoy's HTTP connection manager with the settings that Istio gives it. */
export function connectionManager(options: ConnectionManagerOptions): HttpConnectionManager {
  const known = httpFilters(options.direction);
  return create(HttpConnectionManagerSchema, {
    statPrefix: options.statPrefix,
    routeSpecifier: {
      case: "rds",
      value: { configSource: adsConfigSource, routeConfigName: options.routes },
    },
    httpFilters: [...(options.before ?? []), ...known.slice(0, -1), ...(options.moreFilters ?? []), ...known.slice(-1)],
    serverName: "sluice-envoy",
    useRemoteAddress: options.edge,
    // Istio: so many proxies before a gateway are believed when they say who the client is.
    xffNumTrustedHops: options.edge ? (options.config.gatewayTopology?.trustedProxies ?? 0) : 0,
    ...(options.edge
      ? clientCertificate(options.config.gatewayTopology?.forwardClientCert ?? "SANITIZE_SET", true)
      : {}),
    ...(options.knowsClients === true ? clientCertificate("APPEND_FORWARD", false) : {}),
    ...pathNormalization(options.config),
    accessLog: accessLogs(options.config),
    // Streams may idle, as timeouts are a matter of routes.
    streamIdleTimeout: zeroDuration,
    // CONNECT is for the routes that ask for it.
    upgradeConfigs: [{ upgradeType: "websocket" }, { upgradeType: "CONNECT", enabled: false }],
    // A Telemetry says more than the mesh's default.
    ...options.observation,
    ...(options.peer === undefined ? {} : { earlyHeaderMutationExtensions: [setPeer(options.peer)] }),
  });
}

type ManagerInit = Exclude<MessageInitShape<typeof HttpConnectionManagerSchema>, { $typeName: string }>;

/** What becomes of the header that tells programs of clients' certificates; Istio: gateways give the certificate, too. */
function clientCertificate(forward: ForwardClientCert, cert: boolean): ManagerInit {
  return {
    forwardClientCertDetails: ForwardClientCertDetails[forward],
    setCurrentClientCertDetails: { subject: true, cert, dns: true, uri: true },
  };
}

/** Policies by path must see the path that the program will see, so this is for what the programs do with it. */
function pathNormalization({ pathNormalization: level }: MeshConfig): ManagerInit {
  return {
    normalizePath: level !== "NONE",
    mergeSlashes: level === "MERGE_SLASHES" || level === "DECODE_AND_MERGE_SLASHES",
    ...(level === "DECODE_AND_MERGE_SLASHES"
      ? { pathWithEscapedSlashesAction: PathWithEscapedSlashesAction.UNESCAPE_AND_FORWARD }
      : {}),
  };
}

// Before routing and before any filter, and always: a value that the client sent itself does not survive.
function setPeer(peer: string): TypedExtensionConfig {
  const mutation = create(HeaderMutationSchema, {
    mutations: [
      {
        action: {
          case: "append",
          value: {
            header: { key: peerHeader, value: peer },
            appendAction: HeaderValueOption_HeaderAppendAction.OVERWRITE_IF_EXISTS_OR_ADD,
          },
        },
      },
    ],
  });
  return create(TypedExtensionConfigSchema, {
    name: "envoy.http.early_header_mutation.header_mutation",
    typedConfig: pack(HeaderMutationSchema, mutation),
  });
}
