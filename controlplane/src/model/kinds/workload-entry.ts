import { isIP } from "../decode/ip.ts";
import { describe } from "../../config/value.ts";
import { mapOf } from "../decode/collections.ts";
import { reportError, reportWarning } from "../decode/context.ts";
import { refine, type Decoder } from "../decode/decoder.ts";
import { defined, message, type Place } from "../decode/message.ts";
import { isDnsName, label, labels } from "../decode/names.ts";
import { integer, nonEmptyString, portNumber, string } from "../decode/scalars.ts";
import { isUnix, unixAddress } from "../decode/socket.ts";
import type { ObjectMeta } from "../object-meta.ts";
import { GROUP_ANNOTATION } from "../workload-group.ts";
import type { Labels, Workload } from "../types.ts";
import { locality } from "./locality.ts";

/** The fields that a WorkloadEntry and an inline endpoint of a ServiceEntry share. */
export interface WorkloadSpec {
  /** An IP address, a host name, or a Unix socket behind `unix://`. */
  readonly address: string;
  readonly ports: Readonly<Record<string, number>>;
  readonly labels: Labels;
  readonly weight: number;
  readonly locality?: string;
  readonly serviceAccount: string;
}

/** Istio's label for the network of an endpoint. */
const NETWORK = "topology.istio.io/network";

/** Envoy's limit for the weight of one endpoint is larger; this is far beyond any use. */
const MAX_WEIGHT = 1_000_000;

const address: Decoder<string> = refine(nonEmptyString, (text, value, path, context) => {
  if (isUnix(text)) return unixAddress(text, value, path, context);
  const isIpLike = /^[\d.]+$/.test(text);
  if (isIP(text) !== 0 || (isDnsName(text) && !isIpLike)) return text;
  const fix = /^[^:]+:\d+$/.test(text) ? "put the port into ports" : undefined;
  return reportError(context, {
    offset: value.offset,
    path,
    message: `${path} is ${describe(value)}, which is not an IP address`,
    allowed: "an IP address such as 127.0.0.1",
    fix,
  });
});

/** Istio: WorkloadEntry. Weight 0 is protobuf's "not given", which means 1. */
export const workloadSpec: Decoder<WorkloadSpec> = message(
  "WorkloadEntry",
  {
    required: { address },
    optional: {
      ports: mapOf(portNumber, label),
      labels,
      weight: integer(0, MAX_WEIGHT),
      serviceAccount: string,
      locality,
      network: nonEmptyString,
    },
    examples: { address: "127.0.0.1" },
  },
  (given, place): WorkloadSpec | undefined => {
    const ports = given.ports ?? {};
    if (isUnix(given.address) && Object.keys(ports).length > 0) return refusePorts(place);
    return defined({
      address: given.address,
      ports,
      // Istio: by this label failoverPriority knows the network.
      labels: given.network === undefined ? (given.labels ?? {}) : { [NETWORK]: given.network, ...given.labels },
      weight: given.weight === undefined || given.weight === 0 ? 1 : given.weight,
      locality: given.locality,
      serviceAccount: given.serviceAccount ?? "",
    });
  },
);

function refusePorts(place: Place): undefined {
  const { path, context } = place;
  return reportError(context, {
    offset: place.key("ports"),
    path: `${path}.ports`,
    message: `${path}.ports cannot stand beside a Unix socket, which has no ports`,
    fix: "take ports away",
  });
}

/** A WorkloadEntry of its own has a sidecar, which binds the address: where it cannot, programs are reached directly. */
export const workloadEntrySpec: Decoder<WorkloadSpec> = refine(workloadSpec, (spec, value, path, context) => {
  if (hasSidecar(spec)) return spec;
  const at = value.kind === "map" ? value.entries.find((entry) => entry.key === "address")?.value.offset : undefined;
  const what = isUnix(spec.address) ? "a Unix socket" : `the host name "${spec.address}"`;
  reportWarning(context, {
    offset: at ?? value.offset,
    path: `${path}.address`,
    code: "IST0133",
    message: `${path}.address is ${what}, where no sidecar can listen: the program is reached without one`,
    allowed: "an IP address such as 127.0.0.1, for a sidecar",
    fix: spec.address === "localhost" ? "write 127.0.0.1" : undefined,
  });
  return spec;
});

/** Whether a sidecar can listen beside a workload. */
export function hasSidecar({ address: at }: Pick<WorkloadSpec, "address">): boolean {
  return isIP(at) !== 0;
}

/** As in Istio, a workload is selected by the labels of its metadata and of its spec; the spec's win. */
export function buildWorkload(meta: ObjectMeta, spec: WorkloadSpec): Workload {
  const { address: ip, ports, weight, locality: place, serviceAccount } = spec;
  const identity = { ref: meta.ref, name: meta.ref.name, namespace: meta.ref.namespace };
  return defined({
    ...identity,
    labels: { ...meta.labels, ...spec.labels },
    address: ip,
    ports,
    weight,
    locality: place,
    serviceAccount,
    group: meta.annotations[GROUP_ANNOTATION],
  });
}
