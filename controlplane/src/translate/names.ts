import type { ObjectRef } from "../model/types.ts";

/** Names that Envoy, the filters and `sluice status` know resources by. */

/** Istio's name of an outbound cluster. The telemetry filter takes the destination's host from the fourth field. */
export function outboundCluster(port: number, subset: string, host: string): string {
  return `outbound|${port}|${subset}|${host}`;
}

/** Istio's name of an outbound cluster where it must look like a host: what clients by ISTIO_MUTUAL ask a server for. */
export function outboundServerName(port: number, subset: string, host: string): string {
  return `outbound_.${port}_.${subset}_.${host}`;
}

/** The cluster from a sidecar to its own program; `host` is the service's, or the workload's id where there is none. */
export function inboundCluster(appPort: number, host: string): string {
  return `inbound|${appPort}||${host}`;
}

export function inboundListener(address: string, port: number): string {
  return `inbound|${address}_${port}`;
}

export function inboundRoutes(port: number): string {
  return `inbound|${port}`;
}

/** A sidecar's listener for a port of a service that does not speak HTTP. */
export function tcpListener(port: number, host: string): string {
  return `outbound|${port}||${host}`;
}

/** A listener of a Sidecar's own for what a program sends, and its routes; `bind` is an address or a socket of `unix://`. */
export function egressListener(bind: string, port: number): string {
  return `outbound|${bind}_${port}`;
}

/** The cluster of what nobody declared, by Istio's name. */
export const passthrough = "PassthroughCluster";

/** The one outbound listener of a sidecar, and its route configuration. */
export const outbound = "outbound";

export function gatewayListener(address: string, port: number): string {
  return `${address}_${port}`;
}

export function gatewayRoutes(port: number, bind?: string): string {
  return bind === undefined ? `http.${port}` : `http.${port}.${bind}`;
}

/** Of a server that ends TLS, by the names of its port and its Gateway. */
export function gatewayTlsRoutes(port: number, portName: string, { name, namespace }: ObjectRef): string {
  return `https.${port}.${portName}.${name}.${namespace}`;
}

/** Static clusters of the bootstrap: the control plane's xDS port, and its HTTP port, which serves the modules. */
export const xdsCluster = "sluice_xds";
export const modulesCluster = "sluice_modules";

/** Carries the client's identity to the server's telemetry; see peer.ts. */
export const peerHeader = "x-sluice-peer";

/** The key of Sluice's entries in Envoy's filter metadata. */
export const metadataKey = "sluice";
