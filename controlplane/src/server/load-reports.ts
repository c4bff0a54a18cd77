import type { ServerDuplexStream } from "@grpc/grpc-js";
import { LoadStatsRequestSchema, LoadStatsResponseSchema } from "../../gen/envoy/service/load_stats/v3/lrs_pb.js";
import type { LoadStatsRequest } from "../../gen/envoy/service/load_stats/v3/lrs_pb.js";
import type { GrpcMethod } from "./grpc.ts";
import { protoMethod } from "./grpc-method.ts";
import type { Metrics } from "./metrics.ts";

/** Seconds between two reports of an Envoy. */
const intervalSeconds = 10n;

/**
 * envoy.service.load_stats.v3.LoadReportingService: Envoys tell how many requests they sent to each cluster, which become
 * metrics. Nothing of a report is kept beyond the sums; their labels are bounded by the metric.
 */
export function loadReportMethod(metrics: Metrics): GrpcMethod {
  return protoMethod(
    "/envoy.service.load_stats.v3.LoadReportingService/StreamLoadStats",
    { request: true, response: true },
    LoadStatsRequestSchema,
    LoadStatsResponseSchema,
    (call: ServerDuplexStream<LoadStatsRequest, object>) => {
      let answered = false;
      call.on("data", (request: LoadStatsRequest) => {
        if (!answered) call.write({ sendAllClusters: true, loadReportingInterval: { seconds: intervalSeconds } });
        answered = true;
        countLoad(metrics, request);
      });
      call.on("end", () => call.end());
      call.on("error", () => call.end());
    },
  );
}

function countLoad(metrics: Metrics, { clusterStats }: LoadStatsRequest): void {
  for (const { clusterName: cluster, upstreamLocalityStats, totalDroppedRequests } of clusterStats) {
    let inProgress = 0;
    for (const stats of upstreamLocalityStats) {
      metrics.loadRequests.add(Number(stats.totalSuccessfulRequests), { cluster, result: "success" });
      metrics.loadRequests.add(Number(stats.totalErrorRequests), { cluster, result: "error" });
      inProgress += Number(stats.totalRequestsInProgress);
    }
    metrics.loadRequests.add(Number(totalDroppedRequests), { cluster, result: "dropped" });
    metrics.loadInProgress.set(inProgress, { cluster });
  }
}
