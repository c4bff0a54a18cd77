import { HeaderValueOption_HeaderAppendAction } from "../../gen/envoy/config/core/v3/base_pb.js";
import { GrpcServiceSchema } from "../../gen/envoy/config/core/v3/grpc_service_pb.js";
import type { GrpcService } from "../../gen/envoy/config/core/v3/grpc_service_pb.js";
import { HttpServiceSchema } from "../../gen/envoy/config/core/v3/http_service_pb.js";
import type { HttpService } from "../../gen/envoy/config/core/v3/http_service_pb.js";
import type { HttpExport } from "../model/telemetry-types.ts";
import { create } from "./create.ts";
import { outboundCluster } from "./names.ts";
import { duration, sortedEntries } from "./protobuf.ts";

/** A service of the mesh that takes logs or spans; it is reached through its cluster, as by any of its clients. */
interface Place {
  readonly host: string;
  readonly port: number;
}

/** Istio: time for a collector that speaks HTTP, which Envoy wants to be told. */
const HTTP_TIMEOUT_MS = 5000;

export function collectorCluster({ host, port }: Place): string {
  return outboundCluster(port, "", host);
}

/** Whom to call by gRPC; without a time a call may last, as streams of logs do. */
export function grpcCollector(
  place: Place,
  timeoutMs?: number,
  metadata: Readonly<Record<string, string>> = {},
): GrpcService {
  return create(GrpcServiceSchema, {
    targetSpecifier: {
      case: "envoyGrpc",
      value: { clusterName: collectorCluster(place), authority: place.host },
    },
    ...(timeoutMs === undefined ? {} : { timeout: duration(timeoutMs) }),
    initialMetadata: sortedEntries(metadata).map(([key, value]) => ({ key, value })),
  });
}

/** Whom to tell by HTTP, in plain text as far as the cluster does not make TLS of it. */
export function httpCollector(place: Place, { path, timeoutMs = HTTP_TIMEOUT_MS, headers }: HttpExport): HttpService {
  return create(HttpServiceSchema, {
    httpUri: {
      uri: `http://${place.host}${path}`,
      httpUpstreamType: { case: "cluster", value: collectorCluster(place) },
      timeout: duration(timeoutMs),
    },
    requestHeadersToAdd: sortedEntries(headers).map(([key, value]) => ({
      header: { key, value },
      appendAction: HeaderValueOption_HeaderAppendAction.OVERWRITE_IF_EXISTS_OR_ADD,
    })),
  });
}
