import type { Proxy } from "../model/types.ts";
import type { Resource } from "../snapshot/types.ts";
import type { Direction } from "./filters.ts";
import { outboundListenerResource } from "./listener.ts";
import { isHttp } from "./mesh-index.ts";
import { egressListener } from "./names.ts";
import { isTraced } from "./observation.ts";
import type { Observation } from "./observation.ts";
import { withOperations } from "./operation-name.ts";
import { bindMesh, outboundRouteResource } from "./outbound-route.ts";
import type { EgressScope } from "./scope.ts";
import { egressTcpResource } from "./tcp-listener.ts";
import { outboundTcp } from "./tcp-outbound.ts";
import { visibleFrom } from "./visibility.ts";

/** A listener of a Sidecar's own for what its program sends, with the routes that it needs. */
export function egressResources(
  proxy: Proxy,
  scope: EgressScope,
  policies: Direction | undefined,
  observation: Observation,
): readonly Resource[] {
  const { listener, index } = scope;
  const { bind, port, protocol } = listener;
  if (protocol !== "HTTP_PROXY" && !isHttp(protocol)) return tcp(proxy, scope, observation);
  const name = egressListener(bind, port);
  const routes = outboundRouteResource(index, proxy.workload, policies, {
    name,
    ...(protocol === "HTTP_PROXY" || port === 0 ? {} : { port }),
  });
  return [
    outboundListenerResource(proxy, { address: bind, port }, index, observation.http, name),
    isTraced(observation) ? withOperations(routes) : routes,
  ];
}

function tcp(proxy: Proxy, { listener, index }: EgressScope, { tcpLog }: Observation): readonly Resource[] {
  const client = proxy.workload;
  const bindings = bindMesh(visibleFrom(index.mesh, client.namespace));
  const services = index.services.flatMap(({ host, ports }) => {
    const ofPort = ports.filter((one) => !isHttp(one.protocol));
    const bound = bindings.find(host)?.virtualService;
    return ofPort.map(({ number }) => outboundTcp(index, client, bound, { host, port: number }));
  });
  const resource = egressTcpResource(proxy, listener, services, index.mesh.config, tcpLog);
  return resource === undefined ? [] : [resource];
}
