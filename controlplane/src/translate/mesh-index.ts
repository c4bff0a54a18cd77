import type { InboundPort, Mesh, Protocol, Service, ServicePort } from "../model/types.ts";
import { DestinationRules } from "./destination-rule.ts";
import { HostMap } from "./host.ts";
import { Recall } from "./recall.ts";

/** What is looked up over and over during one translation, made once. */
export interface MeshIndex {
  readonly mesh: Mesh;
  /** Milliseconds since 1970: what has ended by then is left out. */
  readonly now: number;
  /** One per host, in the order of the mesh; of two services with one host the first stays. */
  readonly services: readonly Service[];
  readonly serviceByHost: HostMap<Service>;
  readonly rules: DestinationRules;
  /** File of the certificates that the machine trusts. */
  readonly systemRoots: string;
  /** Listen port of a sidecar by its workload's id and its program's port. */
  readonly sidecarPorts: ReadonlyMap<string, ReadonlyMap<number, number>>;
  /** Parts of listeners and routes that the run before has made. */
  readonly recall: Recall;
}

/** Where Debian and its kin keep it. */
const defaultRoots = "/etc/ssl/certs/ca-certificates.crt";

export function indexMesh(
  mesh: Mesh,
  systemRoots: string = defaultRoots,
  now = 0,
  recall: Recall = new Recall(),
): MeshIndex {
  const serviceByHost = new HostMap<Service>();
  return {
    mesh,
    now,
    recall,
    systemRoots,
    services: mesh.services.filter((service) => serviceByHost.add(service.host, service)),
    serviceByHost,
    rules: new DestinationRules(mesh.destinationRules, mesh.config.rootNamespace),
    sidecarPorts: new Map(
      mesh.proxies.map((proxy) => [
        proxy.id,
        new Map(proxy.inbound.map(({ appPort, listenPort }) => [appPort, listenPort])),
      ]),
    ),
  };
}

/** Protocols whose requests Envoy routes; of the others it passes connections on. */
export function isHttp(protocol: Protocol): boolean {
  return protocol === "HTTP" || isHttp2(protocol);
}

export function isHttp2(protocol: Protocol): boolean {
  return protocol === "HTTP2" || protocol === "GRPC";
}

/** What a sidecar's program is sent at a port; a port that nobody speaks of is taken for HTTP. */
export function inboundProtocol({ ingress, service }: InboundPort): Protocol {
  return ingress?.protocol ?? service?.port.protocol ?? "HTTP";
}

/** The ports of a service; of two with one number the first, as a name may stand but once in what Envoy gets. */
export function distinctPorts({ ports }: Service): readonly ServicePort[] {
  return ports.filter(({ number }, i) => ports.findIndex((other) => other.number === number) === i);
}
