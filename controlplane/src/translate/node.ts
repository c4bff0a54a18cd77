import { proxySettings } from "../model/index.ts";
import type { Mesh, Proxy } from "../model/types.ts";
import { clusterId, peerOf } from "./peer.ts";

/** Istio: variables of a proxy's environment that are metadata of its node. */
const PREFIX = "ISTIO_META_";

type Settings = Pick<Mesh, "config" | "proxyConfigs">;

/** What an Envoy's node says of itself, with what a ProxyConfig adds to it. */
export function nodeMetadata({ workload }: Proxy, mesh: Settings): Readonly<Record<string, unknown>> {
  const { namespace, name, labels, serviceAccount } = workload;
  const settings = proxySettings(mesh, workload);
  const { environment = {}, concurrency } = settings;
  const added = Object.entries(environment).filter(([variable]) => variable.startsWith(PREFIX));
  return {
    // Istio's name for it; who starts the Envoy reads it there.
    ...(Object.keys(settings).length === 0
      ? {}
      : {
          PROXY_CONFIG: {
            ...(concurrency === undefined ? {} : { concurrency }),
            proxyMetadata: environment,
          },
        }),
    ...Object.fromEntries(added.map(([variable, value]) => [variable.slice(PREFIX.length), value])),
    NAME: name,
    NAMESPACE: namespace,
    LABELS: labels,
    SERVICE_ACCOUNT: serviceAccount,
    CLUSTER_ID: clusterId,
    // Read by the telemetry filter as the proxy's own identity.
    SLUICE_PEER: peerOf(workload),
  };
}
