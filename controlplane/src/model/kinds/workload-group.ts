import { reportError, reportWarning } from "../decode/context.ts";
import { list, mapOf } from "../decode/collections.ts";
import { refine, type Decoder } from "../decode/decoder.ts";
import { defined, message } from "../decode/message.ts";
import { label, labels } from "../decode/names.ts";
import { boolean, enumeration, integer, nonEmptyString, portNumber, string } from "../decode/scalars.ts";
import type { ObjectMeta } from "../object-meta.ts";
import type { WorkloadGroup } from "../workload-group.ts";
import { locality } from "./locality.ts";

type WorkloadGroupSpec = Pick<WorkloadGroup, "template">;

/** A WorkloadEntry without an address, which each one brings itself. */
const template = message(
  "WorkloadEntry",
  {
    optional: {
      address: string,
      ports: mapOf(portNumber, label),
      labels,
      weight: integer(0, 1_000_000),
      serviceAccount: string,
      locality,
      network: nonEmptyString,
    },
  },
  (given, place) => {
    if (given.address !== undefined && given.address !== "") {
      const path = `${place.path}.address`;
      const text = `${path} cannot be given: each WorkloadEntry has its own`;
      return reportError(place.context, { offset: place.key("address"), path, message: text, fix: "take it away" });
    }
    return defined({
      ports: given.ports,
      labels: given.labels,
      weight: given.weight === 0 ? undefined : given.weight,
      serviceAccount: given.serviceAccount,
      locality: given.locality,
      network: given.network,
    });
  },
);

const metadata = message("ObjectMeta", { optional: { labels, annotations: mapOf(string) } }, (given) => given);

const header = message("HTTPHeader", { optional: { name: string, value: string } }, (given) => given);
const httpGet = message(
  "HTTPHealthCheckConfig",
  {
    required: { port: portNumber },
    optional: { path: string, host: string, scheme: enumeration(["HTTP", "HTTPS"]), httpHeaders: list(header) },
    examples: { port: "8080" },
  },
  (given) => given,
);
const tcpSocket = message(
  "TCPHealthCheckConfig",
  { required: { port: portNumber }, optional: { host: string } },
  (given) => given,
);
const exec = message("ExecHealthCheckConfig", { required: { command: list(string) } }, (given) => given);
const grpc = message("GrpcHealthCheckConfig", { optional: { port: portNumber, service: string } }, (given) => given);

const METHODS = ["httpGet", "tcpSocket", "exec", "grpc"] as const;
const seconds = integer(0, 2_147_483_647);

const probeFields = message(
  "ReadinessProbe",
  {
    optional: {
      initialDelaySeconds: seconds,
      timeoutSeconds: seconds,
      periodSeconds: seconds,
      successThreshold: seconds,
      failureThreshold: seconds,
      httpGet,
      tcpSocket,
      exec,
      grpc,
      enabled: boolean,
    },
  },
  (given, place) => {
    const [first, second] = METHODS.filter((method) => given[method] !== undefined);
    if (first !== undefined && second === undefined) return given;
    const path = second === undefined ? place.path : `${place.path}.${second}`;
    return reportError(place.context, {
      offset: second === undefined ? place.offset : place.key(second),
      path,
      message: second === undefined ? `${path} says no way to ask` : `${path} and ${first} exclude each other`,
      allowed: METHODS.join(", "),
    });
  },
);

/** In Istio an agent beside each program does this, and tells the control plane. */
const probe: Decoder<true> = refine(probeFields, (_, value, path, context) => {
  const text = `${path} has no effect: there is no agent beside the program that could ask it`;
  reportWarning(context, {
    offset: value.offset,
    path,
    code: "SLU0003",
    message: text,
    fix: "outlierDetection in a DestinationRule takes out hosts that fail",
  });
  return true as const;
});

/** Istio's label for the network of an endpoint. */
const NETWORK = "topology.istio.io/network";

/** Istio: WorkloadGroup. */
export const workloadGroupSpec: Decoder<WorkloadGroupSpec> = message(
  "WorkloadGroup",
  {
    required: { template },
    optional: { metadata, probe },
    examples: { template: "{ serviceAccount: NAME }" },
    inside: { labels: "template", ports: "template", serviceAccount: "template", locality: "template" },
  },
  ({ template: { network, ...given }, metadata: own }) => ({
    template: {
      ...given,
      labels: { ...own?.labels, ...(network === undefined ? {} : { [NETWORK]: network }), ...given.labels },
    },
  }),
);

export function buildWorkloadGroup(meta: ObjectMeta, spec: WorkloadGroupSpec): WorkloadGroup {
  return { ref: meta.ref, labels: meta.labels, ...spec };
}
