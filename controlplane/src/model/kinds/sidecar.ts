import { describe } from "../../config/value.ts";
import { list, nonEmptyList } from "../decode/collections.ts";
import { reportError } from "../decode/context.ts";
import { refine, type Decoder } from "../decode/decoder.ts";
import { defined, message } from "../decode/message.ts";
import { hostPattern, labels } from "../decode/names.ts";
import { enumeration, string } from "../decode/scalars.ts";
import type { ObjectMeta } from "../object-meta.ts";
import type { ScopedHost, Sidecar } from "../types.ts";

type SidecarSpec = Omit<Sidecar, "ref" | "labels">;

/** `namespace/host`; the namespace may be `*`, `.` for the Sidecar's own, or `~` for none. */
const egressHost: Decoder<ScopedHost> = refine(string, (text, value, path, context) => {
  const [namespace = "", host = "", ...rest] = text.split("/");
  if (rest.length > 0 || host === "" || !/^(\*|\.|~|[a-z0-9][-a-z0-9]*)$/.test(namespace))
    return reportError(context, {
      offset: value.offset,
      path,
      message: `${path}: ${describe(value)} is not namespace/host`,
      allowed: "namespace/host, ./host, */host, ~/*",
      fix: text.includes("/") ? undefined : `write "*/${text}"`,
    });
  const read = hostPattern({ kind: "scalar", value: host, source: host, offset: value.offset }, path, context);
  return read === undefined
    ? undefined
    : { namespace: namespace === "." ? context.ref.namespace : namespace, host: read };
});

const egress = message(
  "IstioEgressListener",
  {
    required: { hosts: nonEmptyList(egressHost) },
    // Nothing is captured here: programs speak to their sidecar.
    ignored: ["captureMode"],
    later: ["port", "bind"],
  },
  (given) => given.hosts,
);

/** Istio: an empty outboundTrafficPolicy has protobuf's zero for its mode, which is not the mesh's default. */
const outboundTrafficPolicy = message(
  "OutboundTrafficPolicy",
  { optional: { mode: enumeration(["REGISTRY_ONLY", "ALLOW_ANY"]) }, later: ["egressProxy"] },
  (given) => given.mode ?? "REGISTRY_ONLY",
);

const workloadSelector = message(
  "WorkloadSelector",
  { required: { labels }, inside: { "*": "labels" } },
  (given) => given.labels,
);

/** Istio: Sidecar, as far as it limits what a sidecar knows of. */
export const sidecarSpec: Decoder<SidecarSpec> = message(
  "Sidecar",
  {
    optional: { workloadSelector, egress: list(egress), outboundTrafficPolicy },
    later: ["ingress", "inboundConnectionPool"],
  },
  (given) =>
    defined({
      selector: given.workloadSelector ?? {},
      egress: given.egress?.flat(),
      outboundTraffic: given.outboundTrafficPolicy,
    }),
);

export function buildSidecar(meta: ObjectMeta, spec: SidecarSpec): Sidecar {
  return { ref: meta.ref, labels: meta.labels, ...spec };
}
