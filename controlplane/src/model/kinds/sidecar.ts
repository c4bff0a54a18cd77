import { list } from "../decode/collections.ts";
import { reportError, type Report } from "../decode/context.ts";
import type { Decoder } from "../decode/decoder.ts";
import { defined, message, type Place } from "../decode/message.ts";
import { labels } from "../decode/names.ts";
import type { ObjectMeta } from "../object-meta.ts";
import type { EgressListener, IngressListener, Sidecar } from "../types.ts";
import { connectionPool } from "./connection-pool.ts";
import { sidecarOutbound } from "./outbound-traffic-policy.ts";
import { egressListener, type Egress } from "./sidecar-egress.ts";
import { ingressListener } from "./sidecar-ingress.ts";

type SidecarSpec = Omit<Sidecar, "ref" | "labels">;

const workloadSelector = message(
  "WorkloadSelector",
  { required: { labels }, inside: { "*": "labels" } },
  (given) => given.labels,
);

/** Istio: Sidecar. */
export const sidecarSpec: Decoder<SidecarSpec> = message(
  "Sidecar",
  {
    optional: {
      workloadSelector,
      ingress: list(ingressListener),
      egress: list(egressListener),
      inboundConnectionPool: connectionPool,
      outboundTrafficPolicy: sidecarOutbound,
    },
    inside: { hosts: "egress", port: "ingress or egress", mode: "outboundTrafficPolicy" },
  },
  (given, place): SidecarSpec | undefined => {
    const { ingress = [], egress = [] } = given;
    const general = egress.flatMap((one) => (isListener(one) ? [] : one.hosts));
    const listeners = egress.filter(isListener);
    const { inboundConnectionPool, outboundTrafficPolicy } = given;
    const said = [given.ingress, given.egress, inboundConnectionPool, outboundTrafficPolicy];
    if (!checkEmpty(said, place) || !checkIngress(ingress, place) || !checkEgress(egress, ingress, place))
      return undefined;
    return defined({
      selector: given.workloadSelector ?? {},
      // An empty list is protobuf's "not given".
      egress: egress.length > 0 ? general : undefined,
      listeners: listeners.length > 0 ? listeners : undefined,
      ingress: ingress.length > 0 ? ingress : undefined,
      inboundConnectionPool,
      outbound: outboundTrafficPolicy,
    });
  },
);

function isListener(egress: Egress): egress is EgressListener {
  return "port" in egress;
}

/** Istio: a Sidecar that says nothing is a mistake. */
function checkEmpty(fields: readonly unknown[], place: Place): boolean {
  if (fields.some((field) => field !== undefined)) return true;
  return refuse(place, {
    offset: place.offset,
    path: place.path,
    message: `${place.path} says nothing about what its workloads know`,
    allowed: "one of egress, ingress, inboundConnectionPool, outboundTrafficPolicy",
    fix: 'add egress: [{ hosts: ["./*"] }]',
  });
}

function checkIngress(ingress: readonly IngressListener[], place: Place): boolean {
  const ports = ingress.map(({ port }) => port);
  const again = ports.findIndex((port, index) => ports.indexOf(port) < index);
  if (again < 0) return true;
  const path = `${place.path}.ingress[${again}].port.number`;
  const offset = place.value("ingress", again, "port", "number");
  return refuse(place, {
    offset,
    path,
    message: `${path} repeats the port ${ports[again]}`,
    fix: "keep one of the two",
  });
}

/** Istio: what no listener of its own takes is for the one without a port, which therefore stands once and last. */
function checkEgress(egress: readonly Egress[], ingress: readonly IngressListener[], place: Place): boolean {
  const early = egress.findIndex((one, index) => !isListener(one) && index < egress.length - 1);
  const places = egress.filter(isListener).map(({ bind, port }) => `${bind}:${port}`);
  if (early >= 0) {
    const path = `${place.path}.egress[${early}]`;
    const another = egress.slice(early + 1).some((one) => !isListener(one));
    return refuse(place, {
      offset: place.value("egress", early),
      path,
      message: another
        ? `${path} has no port, and there can be one such listener only`
        : `${path} has no port, and must be the last of the list`,
      fix: another ? "put all hosts into one hosts" : "move it to the end",
    });
  }
  const incoming = ingress.flatMap(({ bind, port }) => (bind === undefined ? [] : [`${bind}:${port}`]));
  const again = places.findIndex((one, index) => places.indexOf(one) < index || incoming.includes(one));
  if (again < 0) return true;
  const path = `${place.path}.egress[${again}].port`;
  const offset = place.value("egress", again, "port");
  return refuse(place, {
    offset,
    path,
    message: `${path} repeats ${places[again]}`,
    fix: "give one of the two another port, or another bind",
  });
}

function refuse(place: Place, report: Report): false {
  reportError(place.context, report);
  return false;
}

export function buildSidecar(meta: ObjectMeta, spec: SidecarSpec): Sidecar {
  return { ref: meta.ref, labels: meta.labels, ...spec };
}
