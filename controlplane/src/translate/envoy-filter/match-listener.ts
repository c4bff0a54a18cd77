import type { FilterChain } from "../../../gen/envoy/config/listener/v3/listener_components_pb.js";
import type { ListenerNames } from "./istio-names.ts";
import type { Trace } from "./trace.ts";

/** Whether a patch means a listener; where not, it learns the names of this one. */
export function meansListener(trace: Trace, { names, ports }: ListenerNames): boolean {
  const { name, portNumber } = trace.patch.listener ?? {};
  if ((name === undefined || names.has(name)) && (portNumber === undefined || ports.has(portNumber))) return true;
  trace.miss("listener", names);
  return false;
}

/** Whether a patch means a filter chain of a listener that it means. */
export function meansChain(trace: Trace, names: ListenerNames, chain: FilterChain): boolean {
  const match = trace.patch.listener?.filterChain;
  if (match === undefined) return true;
  const { name, sni, transportProtocol, applicationProtocols = [], destinationPort } = match;
  const of = describeChain(names, chain);
  const isMeant =
    (name === undefined || of.names.includes(name)) &&
    (sni === undefined || of.serverNames.includes(sni)) &&
    (transportProtocol === undefined || of.transportProtocol === transportProtocol) &&
    applicationProtocols.every((protocol) => of.applicationProtocols.includes(protocol)) &&
    (destinationPort === undefined || of.destinationPort === destinationPort);
  if (!isMeant) trace.miss("filterChain", [...of.names, ...of.serverNames]);
  return isMeant;
}

function describeChain(
  { destinationPort }: ListenerNames,
  { name, filterChainMatch, transportSocket }: FilterChain,
): {
  readonly names: readonly string[];
  readonly serverNames: readonly string[];
  readonly transportProtocol: string;
  readonly applicationProtocols: readonly string[];
  readonly destinationPort: number | undefined;
} {
  const plain = destinationPort === undefined ? "" : "raw_buffer";
  return {
    // Istio's inbound chains are named like its listeners.
    names: [name, ...(destinationPort === undefined ? [] : [`0.0.0.0_${destinationPort}`])],
    serverNames: filterChainMatch?.serverNames ?? [],
    // What Istio's inbound chains say where they stand side by side, as ours do not.
    transportProtocol: filterChainMatch?.transportProtocol || (transportSocket === undefined ? plain : "tls"),
    applicationProtocols: filterChainMatch?.applicationProtocols ?? [],
    destinationPort: filterChainMatch?.destinationPort ?? destinationPort,
  };
}
