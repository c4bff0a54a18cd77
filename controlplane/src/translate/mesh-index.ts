import type { Mesh, Protocol, Service, ServicePort } from "../model/types.ts";
import { DestinationRules } from "./destination-rule.ts";
import { HostMap } from "./host.ts";

/** What is looked up over and over during one translation, made once. */
export interface MeshIndex {
  readonly mesh: Mesh;
  /** Milliseconds since 1970: what has ended by then is left out. */
  readonly now: number;
  /** One per host, in the order of the mesh; of two services with one host the first stays. */
  readonly services: readonly Service[];
  readonly serviceByHost: HostMap<Service>;
  readonly rules: DestinationRules;
  /** Listen port of a sidecar by its workload's id and its program's port. */
  readonly sidecarPorts: ReadonlyMap<string, ReadonlyMap<number, number>>;
}

export function indexMesh(mesh: Mesh, now = 0): MeshIndex {
  const serviceByHost = new HostMap<Service>();
  return {
    mesh,
    now,
    services: mesh.services.filter((service) => serviceByHost.add(service.host, service)),
    serviceByHost,
    rules: new DestinationRules(mesh.destinationRules),
    sidecarPorts: new Map(
      mesh.proxies.map((proxy) => [
        proxy.id,
        new Map(
          proxy.inbound
            .filter(({ service }) => service === undefined || isHttp(service.port.protocol))
            .map(({ appPort, listenPort }) => [appPort, listenPort]),
        ),
      ]),
    ),
  };
}

/** Protocols whose requests Envoy routes; the others need an original destination, which a loopback mesh has not. */
export function isHttp(protocol: Protocol): boolean {
  return protocol === "HTTP" || isHttp2(protocol);
}

export function isHttp2(protocol: Protocol): boolean {
  return protocol === "HTTP2" || protocol === "GRPC";
}

/** The HTTP ports of a service; of two with one number the first, as a name may stand but once in what Envoy gets. */
export function httpPorts({ ports }: Service): readonly ServicePort[] {
  const isFirst = ({ number }: ServicePort, i: number): boolean =>
    ports.findIndex((other) => other.number === number) === i;
  return ports.filter((port, i) => isFirst(port, i) && isHttp(port.protocol));
}
