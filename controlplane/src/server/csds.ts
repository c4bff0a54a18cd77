import { create } from "@bufbuild/protobuf";
import type { sendUnaryData, ServerDuplexStream, ServerUnaryCall } from "@grpc/grpc-js";
import { ClientResourceStatus } from "../../gen/envoy/admin/v3/config_dump_shared_pb.js";
import {
  ClientConfig_GenericXdsConfigSchema,
  ClientStatusRequestSchema,
  ClientStatusResponseSchema,
  ConfigStatus,
} from "../../gen/envoy/service/status/v3/csds_pb.js";
import type {
  ClientConfig_GenericXdsConfig,
  ClientStatusRequest,
  ClientStatusResponse,
} from "../../gen/envoy/service/status/v3/csds_pb.js";
import { TYPE_URLS } from "../snapshot/kinds.ts";
import type { ProxySnapshot } from "../snapshot/types.ts";
import type { ResourceState, ResourceStatus } from "../status/types.ts";
import type { GrpcMethod } from "./grpc.ts";
import { protoMethod } from "./grpc-method.ts";
import { matchesNode } from "./node-match.ts";
import type { MatchedNode } from "./node-match.ts";

/** A connected Envoy, as the status service shows it. */
export interface ClientView extends MatchedNode {
  readonly given: ProxySnapshot;
  readonly resources: readonly ResourceStatus[];
}

/** With more clients than this in an answer the resources' contents are left out, since one message must hold it all. */
const maxWithContents = 16;

const states: Readonly<Record<ResourceState, readonly [ConfigStatus, ClientResourceStatus]>> = {
  SYNCED: [ConfigStatus.SYNCED, ClientResourceStatus.ACKED],
  STALE: [ConfigStatus.STALE, ClientResourceStatus.REQUESTED],
  NOT_SENT: [ConfigStatus.NOT_SENT, ClientResourceStatus.REQUESTED],
  NOT_REQUESTED: [ConfigStatus.NOT_SENT, ClientResourceStatus.UNKNOWN],
  ERROR: [ConfigStatus.ERROR, ClientResourceStatus.NACKED],
  LEAVING: [ConfigStatus.STALE, ClientResourceStatus.ACKED],
};

/** envoy.service.status.v3.ClientStatusDiscoveryService: what each client has. */
export function clientStatusMethods(clients: () => Iterable<ClientView>): GrpcMethod[] {
  const path = "/envoy.service.status.v3.ClientStatusDiscoveryService";
  const answer = (request: ClientStatusRequest): ClientStatusResponse => clientStatus(request, clients());
  return [
    protoMethod(
      `${path}/FetchClientStatus`,
      { request: false, response: false },
      ClientStatusRequestSchema,
      ClientStatusResponseSchema,
      (call: ServerUnaryCall<ClientStatusRequest, ClientStatusResponse>, done: sendUnaryData<ClientStatusResponse>) =>
        done(null, answer(call.request)),
    ),
    protoMethod(
      `${path}/StreamClientStatus`,
      { request: true, response: true },
      ClientStatusRequestSchema,
      ClientStatusResponseSchema,
      (call: ServerDuplexStream<ClientStatusRequest, ClientStatusResponse>) => {
        call.on("data", (request: ClientStatusRequest) => {
          // A caller that does not read its answers gets no further ones.
          if (!call.write(answer(request))) call.pause();
        });
        call.on("drain", () => call.resume());
        call.on("end", () => call.end());
        call.on("error", () => call.end());
      },
    ),
  ];
}

function clientStatus(request: ClientStatusRequest, clients: Iterable<ClientView>): ClientStatusResponse {
  const matching = [...clients].filter((client) => matchesNode(request.nodeMatchers, client));
  const contents = !request.excludeResourceContents && matching.length <= maxWithContents;
  return create(ClientStatusResponseSchema, {
    config: matching.map(({ nodeId, given, resources }) => ({
      node: { id: nodeId },
      genericXdsConfigs: resources.map((resource) => genericConfig(resource, contents ? given : undefined)),
    })),
  });
}

function genericConfig(
  { type, name, state, wanted = "", given, acked, message }: ResourceStatus,
  contents: ProxySnapshot | undefined,
): ClientConfig_GenericXdsConfig {
  const [configStatus, clientStatusOf] = states[state];
  const resource = acked !== undefined && acked === given ? contents?.resources[type].get(name) : undefined;
  return create(ClientConfig_GenericXdsConfigSchema, {
    typeUrl: TYPE_URLS[type],
    name,
    versionInfo: acked ?? "",
    configStatus,
    clientStatus: clientStatusOf,
    ...(resource === undefined ? {} : { xdsConfig: { typeUrl: resource.typeUrl, value: resource.value } }),
    ...(message === undefined ? {} : { errorState: { details: message, versionInfo: wanted } }),
  });
}
