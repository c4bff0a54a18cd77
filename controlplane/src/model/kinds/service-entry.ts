import { isIP } from "../decode/ip.ts";
import { list, nonEmptyList } from "../decode/collections.ts";
import { reportError, reportWarning } from "../decode/context.ts";
import type { Decoder } from "../decode/decoder.ts";
import { defined, message, type Place } from "../decode/message.ts";
import { hostPattern, label, labels } from "../decode/names.ts";
import { ipRange, isUnix } from "../decode/socket.ts";
import { NOT_WRITTEN, visibility } from "../decode/visibility.ts";
import { enumeration, nonEmptyString, portNumber } from "../decode/scalars.ts";
import type { ObjectMeta } from "../object-meta.ts";
import type { Labels, MeshObject, Service, ServicePort } from "../types.ts";
import { didYouMean } from "../suggestion.ts";
import { spoken, spokenByName, type Spoken } from "./protocol.ts";
import { workloadSpec, type WorkloadSpec } from "./workload-entry.ts";

export interface ServiceEntrySpec {
  readonly hosts: readonly string[];
  readonly ports: readonly ServicePort[];
  readonly resolution: Service["resolution"];
  readonly location: Service["location"];
  readonly endpoints: readonly WorkloadSpec[];
  /** Absent: the endpoints are inline. */
  readonly workloadSelector?: Labels;
  /** Namespaces whose proxies see it, "*" for all. */
  readonly exportTo: readonly string[];
  readonly subjectAltNames?: readonly string[];
  /** Virtual addresses, CIDR ranges among them. */
  readonly addresses?: readonly string[];
  /** Kubernetes: publishNotReadyAddresses. */
  readonly usesUnready?: boolean;
}

/** A ServiceEntry as declared, before its endpoints are found: see `assembleServices`. */
export interface ServiceEntry extends MeshObject, ServiceEntrySpec {}

const portProtocol: Decoder<Spoken | "UDP"> = (value, path, context) =>
  value.kind === "scalar" && value.source.toUpperCase() === "UDP" ? "UDP" : spoken(value, path, context);

/** None for a port of UDP, which Istio does nothing for either. */
const servicePort = message(
  "ServicePort",
  { required: { number: portNumber, name: label }, optional: { protocol: portProtocol, targetPort: portNumber } },
  (given, place): readonly ServicePort[] | undefined => {
    const known = given.protocol ?? spokenByName(given.name);
    if (known === "UDP") return withoutProxy(place);
    if (known !== undefined)
      return [defined({ number: given.number, name: given.name, ...known, targetPort: given.targetPort })];
    const path = `${place.path}.protocol`;
    return reportError(place.context, {
      offset: place.offset,
      path,
      message: `${path} is required`,
      allowed: "HTTP, HTTP2, GRPC, TCP, TLS, HTTPS",
      fix: `add protocol: HTTP, or name the port http-${given.name}`,
    });
  },
);

function withoutProxy(place: Place): readonly ServicePort[] {
  const path = `${place.path}.protocol`;
  reportWarning(place.context, {
    offset: place.value("protocol"),
    path,
    code: "SLU0003",
    message: `${path} is UDP, which no sidecar takes (nor does Istio's): the port is left out`,
  });
  return [];
}

const workloadSelector = message(
  "WorkloadSelector",
  { required: { labels }, inside: { "*": "labels" } },
  (given) => given.labels,
);

export const serviceEntrySpec = message(
  "ServiceEntry",
  {
    required: { hosts: nonEmptyList(hostPattern), ports: nonEmptyList(servicePort) },
    optional: {
      resolution: enumeration(["STATIC", "DNS", "DNS_ROUND_ROBIN", "NONE", "DYNAMIC_DNS"]),
      location: enumeration(["MESH_INTERNAL", "MESH_EXTERNAL"]),
      endpoints: list(workloadSpec),
      workloadSelector,
      exportTo: visibility,
      subjectAltNames: list(nonEmptyString),
      addresses: list(ipRange),
    },
  },
  (given, place): ServiceEntrySpec | undefined => {
    // Protobuf's zero values: what Istio takes when the field is not written.
    const spec = defined({
      hosts: given.hosts,
      ports: given.ports.flat(),
      resolution: given.resolution ?? "NONE",
      location: given.location ?? "MESH_EXTERNAL",
      endpoints: given.endpoints ?? [],
      workloadSelector: given.workloadSelector,
      exportTo: given.exportTo ?? NOT_WRITTEN,
      subjectAltNames: given.subjectAltNames,
      addresses: given.addresses,
    });
    return check(spec, place) ? spec : undefined;
  },
);

type Check = (
  spec: ServiceEntrySpec,
  place: Place,
) => { field: string; at: number; message: string; allowed?: string; fix?: string } | undefined;

/** Istio: ValidateServiceEntry, as far as the supported fields go. */
const CHECKS: readonly Check[] = [
  (spec, place) =>
    spec.workloadSelector !== undefined && spec.endpoints.length > 0
      ? {
          field: "endpoints",
          at: place.key("endpoints"),
          message: "cannot stand beside workloadSelector",
          fix: "keep one of the two",
        }
      : undefined,
  (spec, place) =>
    spec.workloadSelector !== undefined && Object.keys(spec.workloadSelector).length === 0
      ? {
          field: "workloadSelector",
          at: place.key("workloadSelector"),
          message: "must have a label, or it would select every workload",
        }
      : undefined,
  (spec, place) =>
    spec.resolution === "NONE" && spec.endpoints.length > 0
      ? {
          field: "endpoints",
          at: place.key("endpoints"),
          message: "must be empty when resolution is NONE (also when it is not given)",
          fix: "set resolution: STATIC",
        }
      : undefined,
  (spec, place) => {
    const bad =
      spec.resolution === "STATIC"
        ? spec.endpoints.findIndex(({ address }) => isIP(address) === 0 && !isUnix(address))
        : spec.endpoints.findIndex(({ address }) => isUnix(address));
    if (bad < 0) return undefined;
    const isSocket = spec.resolution !== "STATIC";
    return {
      field: `endpoints[${bad}].address`,
      at: place.value("endpoints", bad, "address"),
      message: isSocket
        ? "is a Unix socket, which is no name to resolve"
        : "must be an IP address or a Unix socket when resolution is STATIC",
      fix: isSocket ? "set resolution: STATIC" : "set resolution: DNS",
    };
  },
  (spec, place) => {
    const socket = spec.endpoints.findIndex(({ address }) => isUnix(address));
    if (socket < 0 || spec.ports.length === 1) return undefined;
    return {
      field: `endpoints[${socket}].address`,
      at: place.value("endpoints", socket, "address"),
      message: `is a Unix socket, which has no ports, but the entry has ${spec.ports.length} of them`,
      fix: "make an entry for each port",
    };
  },
  (spec, place) => {
    const wildcard =
      spec.endpoints.length === 0 && spec.resolution.startsWith("DNS")
        ? spec.hosts.findIndex((host) => host.startsWith("*"))
        : -1;
    return wildcard < 0
      ? undefined
      : {
          field: `hosts[${wildcard}]`,
          at: place.value("hosts", wildcard),
          message: "cannot be a wildcard when resolution is DNS and there are no endpoints",
        };
  },
  (spec, place) => {
    const range = spec.resolution.startsWith("DNS") ? (spec.addresses ?? []).findIndex((one) => one.includes("/")) : -1;
    return range < 0
      ? undefined
      : {
          field: `addresses[${range}]`,
          at: place.value("addresses", range),
          message: "cannot be a range when resolution is DNS",
        };
  },
  (spec, place) => {
    if (spec.resolution !== "DYNAMIC_DNS") return undefined;
    if (spec.hosts.length > 1 || !spec.hosts.every((host) => host.startsWith("*.")))
      return { field: "hosts", at: place.key("hosts"), message: "must be one wildcard when resolution is DYNAMIC_DNS" };
    if (spec.endpoints.length > 0 || spec.workloadSelector !== undefined)
      return {
        field: "resolution",
        at: place.key("resolution"),
        message: "is DYNAMIC_DNS, which cannot stand beside endpoints and workloadSelector",
      };
    const other = spec.ports.findIndex(({ protocol: one }) => one === "TCP");
    return other < 0
      ? undefined
      : {
          field: `ports[${other}].protocol`,
          at: place.value("ports", other, "protocol"),
          message: "is TCP, in which no name says what to resolve",
          allowed: "HTTP, HTTP2, GRPC, TLS",
        };
  },
  (spec, place) =>
    spec.resolution === "DNS_ROUND_ROBIN" && spec.endpoints.length > 1
      ? {
          field: "endpoints",
          at: place.key("endpoints"),
          message: "must have at most one item when resolution is DNS_ROUND_ROBIN",
        }
      : undefined,
  (spec, place) =>
    repeated(
      place,
      "ports",
      "number",
      spec.ports.map((port) => port.number),
      "give each port of the service a number of its own; targetPort says where the programs listen",
    ),
  (spec, place) =>
    repeated(
      place,
      "ports",
      "name",
      spec.ports.map((port) => port.name),
      `give each port of the service a name of its own, such as ${spec.ports[0]?.name}-admin`,
    ),
  (spec, place) => repeated(place, "hosts", "host", spec.hosts, "keep one of the two"),
  (spec, place) => {
    const names = new Set(spec.ports.map((port) => port.name));
    for (const [index, endpoint] of spec.endpoints.entries()) {
      const unknown = Object.keys(endpoint.ports).find((name) => !names.has(name));
      if (unknown !== undefined)
        return {
          field: `endpoints[${index}].ports["${unknown}"]`,
          at: place.value("endpoints", index, "ports", unknown),
          message: "names no port of this entry",
          allowed: [...names].join(", "),
          ...withFix(didYouMean(unknown, [...names])),
        };
    }
    return undefined;
  },
];

function check(spec: ServiceEntrySpec, place: Place): boolean {
  const problems = CHECKS.map((one) => one(spec, place)).filter((problem) => problem !== undefined);
  for (const { field, at, message: text, allowed, fix } of problems) {
    const path = `${place.path}.${field}`;
    reportError(place.context, { offset: at, path, message: `${path} ${text}`, allowed, fix });
  }
  if (spec.resolution === "STATIC" && spec.workloadSelector === undefined && spec.endpoints.length === 0) {
    reportWarning(place.context, {
      offset: place.offset,
      path: place.path,
      code: "IST0133",
      message: `${place.path} has neither endpoints nor workloadSelector, so every request to it fails`,
      fix: "add workloadSelector: { labels: { app: NAME } }",
    });
  }
  return problems.length === 0;
}

function repeated(
  place: Place,
  field: string,
  what: string,
  values: readonly (string | number)[],
  fix: string,
): ReturnType<Check> {
  const index = values.findIndex((value, at) => values.indexOf(value) < at);
  if (index < 0) return undefined;
  const first = values.indexOf(values[index] ?? "");
  const text = `repeats the ${what} ${values[index]} of ${field}[${first}]`;
  return { field: `${field}[${index}]`, at: place.value(field, index, what), message: text, fix };
}

function withFix(fix: string | undefined): { fix?: string } {
  return fix === undefined ? {} : { fix };
}

export function buildServiceEntry(meta: ObjectMeta, spec: ServiceEntrySpec): ServiceEntry {
  return { ref: meta.ref, labels: meta.labels, ...spec };
}
