import { list } from "../decode/collections.ts";
import { NOT_WRITTEN } from "../decode/visibility.ts";
import { reportWarning } from "../decode/context.ts";
import type { Decoder } from "../decode/decoder.ts";
import { defined, message, type Place } from "../decode/message.ts";
import { isIP } from "../decode/ip.ts";
import { fullHost, hostName, label, labels } from "../decode/names.ts";
import { boolean, enumeration, portNumber, string } from "../decode/scalars.ts";
import type { ObjectMeta } from "../object-meta.ts";
import type { Labels, Protocol, ServicePort } from "../types.ts";
import { spokenByName, type Spoken } from "./protocol.ts";
import type { ServiceEntry } from "./service-entry.ts";

/** Kubernetes' names of protocols, where they are not Istio's. */
const APP_PROTOCOLS: Readonly<Record<string, Protocol>> = {
  "kubernetes.io/h2c": "HTTP2",
  "kubernetes.io/ws": "HTTP",
  "kubernetes.io/wss": "HTTPS",
};

interface KubernetesServiceSpec {
  readonly ports: readonly ServicePort[];
  readonly selector?: Labels;
  readonly externalName?: string;
  /** Virtual addresses; none of a headless Service. */
  readonly addresses: readonly string[];
  /** Whether endpoints count that are not ready. */
  readonly usesUnready: boolean;
}

/** A number, or the name of a port of the workload. */
const targetPort: Decoder<number | string> = (value, path, context) =>
  value.kind === "scalar" && typeof value.value === "string" && !/^\d+$/.test(value.value)
    ? label(value, path, context)
    : portNumber(value, path, context);

const port = message(
  "ServicePort",
  {
    required: { port: portNumber },
    optional: { name: label, protocol: enumeration(["TCP", "UDP", "SCTP"]), appProtocol: string, targetPort },
    ignored: ["nodePort"],
  },
  (given, place): readonly ServicePort[] => {
    const { name = "", appProtocol, targetPort: target, protocol = "TCP" } = given;
    if (protocol !== "TCP") return withoutProxy(protocol, place);
    const read = defined({
      number: given.port,
      // A Service's only port may have no name.
      name: name === "" ? String(given.port) : name,
      ...(spokenBy(appProtocol) ?? spokenByName(name) ?? { protocol: "TCP" as const }),
      targetPort: typeof target === "number" ? target : undefined,
      targetPortName: typeof target === "string" ? target : undefined,
    });
    return [read];
  },
);

function withoutProxy(protocol: string, place: Place): readonly ServicePort[] {
  reportWarning(place.context, {
    offset: place.value("protocol"),
    path: `${place.path}.protocol`,
    code: "SLU0003",
    message: `${place.path}: a port for ${protocol} is not supported yet by this version of Sluice, and is ignored`,
  });
  return [];
}

function spokenBy(appProtocol: string | undefined): Spoken | undefined {
  if (appProtocol === undefined) return undefined;
  const known = APP_PROTOCOLS[appProtocol];
  return known === undefined ? spokenByName(appProtocol) : { protocol: known };
}

/** Fields by which Kubernetes makes a Service reachable from elsewhere, or spreads it in its own way. */
const IGNORED = [
  "ipFamilies",
  "ipFamilyPolicy",
  "sessionAffinity",
  "sessionAffinityConfig",
  "externalIPs",
  "loadBalancerIP",
  "loadBalancerClass",
  "loadBalancerSourceRanges",
  "allocateLoadBalancerNodePorts",
  "healthCheckNodePort",
  "externalTrafficPolicy",
  "internalTrafficPolicy",
  "trafficDistribution",
  "type",
];

/** Kubernetes: ServiceSpec. A headless Service is like any other: whoever asks by name gets one of its endpoints. */
export const kubernetesServiceSpec: Decoder<KubernetesServiceSpec> = message(
  "ServiceSpec",
  {
    optional: {
      ports: list(port),
      selector: labels,
      externalName: hostName,
      clusterIP: string,
      clusterIPs: list(string),
      publishNotReadyAddresses: boolean,
    },
    ignored: IGNORED,
  },
  (given) =>
    defined({
      ports: (given.ports ?? []).flat(),
      selector: given.selector,
      externalName: given.externalName,
      // `None` and the empty text stand for a headless Service, and for one whose address is not known yet.
      addresses: (given.clusterIPs ?? [given.clusterIP ?? ""]).filter((address) => isIP(address) !== 0),
      usesUnready: given.publishNotReadyAddresses ?? false,
    }),
);

/** The same as a ServiceEntry; endpoints that no selector finds come of EndpointSlices. */
export function buildKubernetesService(meta: ObjectMeta, spec: KubernetesServiceSpec): ServiceEntry {
  const { ports, selector, externalName } = spec;
  const external =
    externalName === undefined ? [] : [{ address: externalName, ports: {}, labels: {}, weight: 1, serviceAccount: "" }];
  const hasSelector = selector !== undefined && Object.keys(selector).length > 0;
  return {
    ref: meta.ref,
    labels: meta.labels,
    hosts: [fullHost(meta.ref.name, meta.ref.namespace)],
    ports,
    resolution: externalName === undefined ? "STATIC" : "DNS",
    location: externalName === undefined ? "MESH_INTERNAL" : "MESH_EXTERNAL",
    endpoints: external,
    ...(hasSelector ? { workloadSelector: selector } : {}),
    ...(spec.addresses.length > 0 ? { addresses: spec.addresses } : {}),
    ...(spec.usesUnready ? { usesUnready: true } : {}),
    exportTo: exportOf(meta.annotations["networking.istio.io/exportTo"], meta.ref.namespace),
  };
}

function exportOf(annotation: string | undefined, namespace: string): readonly string[] {
  if (annotation === undefined) return NOT_WRITTEN;
  // `~`: nobody sees it.
  const names = annotation
    .split(",")
    .map((name) => name.trim())
    .filter((name) => name !== "~");
  return names.map((name) => (name === "." ? namespace : name));
}
