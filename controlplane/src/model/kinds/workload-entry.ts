import { isIP } from "../decode/ip.ts";
import { describe } from "../../config/value.ts";
import { mapOf } from "../decode/collections.ts";
import { reportError, reportUnsupported } from "../decode/context.ts";
import { refine, type Decoder } from "../decode/decoder.ts";
import { defined, message } from "../decode/message.ts";
import { isDnsName, label, labels } from "../decode/names.ts";
import { integer, nonEmptyString, portNumber, string } from "../decode/scalars.ts";
import type { ObjectMeta } from "../object-meta.ts";
import type { Labels, Workload } from "../types.ts";
import { locality } from "./locality.ts";

/** The fields that a WorkloadEntry and an inline endpoint of a ServiceEntry share. */
export interface WorkloadSpec {
  readonly address: string;
  readonly ports: Readonly<Record<string, number>>;
  readonly labels: Labels;
  readonly weight: number;
  readonly locality?: string;
  readonly serviceAccount: string;
}

/** Envoy's limit for the weight of one endpoint is larger; this is far beyond any use. */
const MAX_WEIGHT = 1_000_000;

const address: Decoder<string> = refine(nonEmptyString, (text, value, path, context) => {
  if (text.startsWith("unix://")) return reportUnsupported(context, value.offset, path, `${path}: a unix socket`);
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
    },
    later: ["network"],
  },
  (given) =>
    defined({
      address: given.address,
      ports: given.ports ?? {},
      labels: given.labels ?? {},
      weight: given.weight === undefined || given.weight === 0 ? 1 : given.weight,
      locality: given.locality,
      serviceAccount: given.serviceAccount ?? "",
    }),
);

/** A WorkloadEntry of its own has a sidecar, which binds the address: so it must be an IP. */
export const workloadEntrySpec: Decoder<WorkloadSpec> = refine(workloadSpec, (spec, value, path, context) => {
  if (isIP(spec.address) !== 0) return spec;
  const at = value.kind === "map" ? value.entries.find((entry) => entry.key === "address")?.value.offset : undefined;
  return reportError(context, {
    offset: at ?? value.offset,
    path: `${path}.address`,
    code: "SLU0004",
    message: `${path}.address is the host name "${spec.address}", which is not supported yet where a sidecar listens`,
    allowed: "an IP address such as 127.0.0.1",
    fix: spec.address === "localhost" ? "write 127.0.0.1" : undefined,
  });
});

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
  });
}
