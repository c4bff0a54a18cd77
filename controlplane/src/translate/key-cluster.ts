import {
  Cluster_DiscoveryType,
  Cluster_DnsLookupFamily,
  ClusterSchema,
} from "../../gen/envoy/config/cluster/v3/cluster_pb.js";
import type { TransportSocket } from "../../gen/envoy/config/core/v3/base_pb.js";
import { SubjectAltNameMatcher_SanType as SanType } from "../../gen/envoy/extensions/transport_sockets/tls/v3/common_pb.js";
import { UpstreamTlsContextSchema } from "../../gen/envoy/extensions/transport_sockets/tls/v3/tls_pb.js";
import { isIP } from "../model/index.ts";
import type { ObjectRef } from "../model/types.ts";
import type { Resource } from "../snapshot/types.ts";
import { create } from "./create.ts";
import { singleAddress } from "./endpoint.ts";
import { isHttp } from "./mesh-index.ts";
import type { MeshIndex } from "./mesh-index.ts";
import { outboundCluster } from "./names.ts";
import { clusterResource } from "./resource.ts";
import { socket } from "./socket.ts";
import { clusterSettings } from "./traffic-policy.ts";

/** Where a key set is. */
interface KeyServer {
  readonly host: string;
  readonly port: number;
  readonly isTls: boolean;
}

/** The decoder has let only such URLs pass as can be read here. */
function keyServer(uri: string): KeyServer {
  const { protocol, hostname, port } = new URL(uri);
  const isTls = protocol === "https:";
  return { host: hostname.replace(/^\[|\]$/g, ""), port: Number(port || (isTls ? 443 : 80)), isTls };
}

/** Whether the mesh has the server as a service of its own: its cluster is then there, with its endpoints and rules. */
function isService({ serviceByHost }: MeshIndex, { host, port, isTls }: KeyServer): boolean {
  const ports = serviceByHost.own(host)?.ports ?? [];
  return !isTls && ports.some(({ number, protocol }) => number === port && isHttp(protocol));
}

/** The cluster through which Envoy fetches the keys at a URL. */
export function keyClusterName(index: MeshIndex, uri: string): string {
  const server = keyServer(uri);
  if (isService(index, server)) return outboundCluster(server.port, "", server.host);
  return `sluice.keys|${server.isTls ? "https" : "http"}|${server.port}|${server.host}`;
}

/** The cluster itself, where the mesh has none for the server. */
export function keyCluster(
  index: MeshIndex,
  uri: string,
  systemRoots: string,
  origins: readonly ObjectRef[],
): Resource | undefined {
  const server = keyServer(uri);
  if (isService(index, server)) return undefined;
  const name = keyClusterName(index, uri);
  const isAddress = isIP(server.host) !== 0;
  const cluster = create(ClusterSchema, {
    name,
    ...clusterSettings({}, "http1"),
    clusterDiscoveryType: {
      case: "type",
      value: isAddress ? Cluster_DiscoveryType.STATIC : Cluster_DiscoveryType.STRICT_DNS,
    },
    dnsLookupFamily: Cluster_DnsLookupFamily.V4_PREFERRED,
    loadAssignment: singleAddress(name, server.host, server.port),
    ...(server.isTls ? { transportSocket: tls(server.host, isAddress, systemRoots) } : {}),
  });
  return clusterResource(cluster, origins);
}

/** The server must be who the URL says, by a certificate that the machine trusts. */
function tls(host: string, isAddress: boolean, systemRoots: string): TransportSocket {
  const context = create(UpstreamTlsContextSchema, {
    ...(isAddress ? {} : { sni: host }),
    commonTlsContext: {
      validationContextType: {
        case: "validationContext",
        value: {
          trustedCa: { specifier: { case: "filename", value: systemRoots } },
          matchTypedSubjectAltNames: [
            {
              sanType: isAddress ? SanType.IP_ADDRESS : SanType.DNS,
              matcher: { matchPattern: { case: "exact", value: host } },
            },
          ],
        },
      },
    },
  });
  return socket("tls", UpstreamTlsContextSchema, context);
}
