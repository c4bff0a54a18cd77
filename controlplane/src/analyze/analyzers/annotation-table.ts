/** What Istio knows of one of its annotations. */
export interface Annotation {
  /** Kinds of the objects that it may stand on; absent: all. */
  readonly on?: readonly string[];
  /** Istio still reads it, and says what to write in its place. */
  readonly deprecated?: string;
  /** Istio promises nothing for it. */
  readonly experimental?: true;
  readonly value?: ValueRule;
}

/** Which texts an annotation may have. */
export interface ValueRule {
  readonly allowed: string;
  readonly fits: (text: string) => boolean;
}

const anyOf = (...words: readonly string[]): ValueRule => ({
  allowed: words.join(", "),
  fits: (text) => words.includes(text),
});
const listOf = (allowed: string, fits: (item: string) => boolean): ValueRule => ({
  allowed,
  fits: (text) => text.trim() === "" || text.split(",").every((item) => fits(item.trim())),
});
const whole = (limit: number, allowed: string): ValueRule => ({
  allowed,
  fits: (text) => /^\d{1,10}$/.test(text) && Number(text) <= limit,
});

const isPort = (text: string): boolean => /^\d{1,5}$/.test(text) && Number(text) <= 65_535;
const isRange = (text: string): boolean => /^[\d.]+\/\d{1,2}$|^[\da-fA-F:.]*:[\da-fA-F:.]*\/\d{1,3}$/.test(text);

const COUNT = whole(2 ** 32 - 1, "a whole number from 0 on");
const PORT = whole(65_535, "a port, or 0 for none");
const PORTS = listOf("ports, with commas between them", isPort);
const PORTS_OR_ALL = listOf("ports, with commas between them, or *", (item) => item === "*" || isPort(item));
const RANGES = listOf("ranges such as 10.0.0.0/8, with commas between them", isRange);
const RANGES_OR_ALL = listOf(
  "ranges such as 10.0.0.0/8, with commas between them, or *",
  (item) => item === "*" || isRange(item),
);
const BOOLEAN = anyOf("true", "false");
const QUANTITY: ValueRule = {
  allowed: "a quantity, such as 100m or 128Mi",
  fits: (text) => /^\d+(\.\d+)?(m|k|M|G|T|Ki|Mi|Gi|Ti)?$/.test(text),
};

const pod = (more: Annotation = {}): Annotation => ({ on: ["Pod"], ...more });
const gone = "nothing: it has no effect any more";

/** Istio: the annotations of istio.io/api, with the kinds and values that its injector and its analyzer hold them to. */
export const ANNOTATIONS: Readonly<Record<string, Annotation>> = {
  "alpha.istio.io/canonical-serviceaccounts": { on: ["Service"], deprecated: gone },
  "alpha.istio.io/identity": pod({ deprecated: gone }),
  "alpha.istio.io/kubernetes-serviceaccounts": { on: ["Service"], deprecated: gone },
  "ambient.istio.io/bypass-inbound-capture": pod({ experimental: true }),
  "ambient.istio.io/dns-capture": pod({ experimental: true }),
  "ambient.istio.io/redirection": pod(),
  "ambient.istio.io/waypoint-inbound-binding": { on: ["Gateway", "GatewayClass"], experimental: true },
  "galley.istio.io/analyze-suppress": {
    value: listOf("codes such as IST0108, with commas between them, or *", (item) => /^(\*|[A-Z]{3}\d{4})$/.test(item)),
  },
  "gateway.istio.io/controller-version": { on: ["Gateway"] },
  "gateway.istio.io/name-override": { on: ["Gateway"] },
  "gateway.istio.io/service-account": { on: ["Gateway"] },
  "inject.istio.io/templates": pod({ experimental: true }),
  "install.operator.istio.io/chart-owner": {},
  "install.operator.istio.io/owner-generation": {},
  "install.operator.istio.io/version": {},
  "istio.io/autoRegistrationGroup": { on: ["WorkloadEntry"] },
  "istio.io/connectedAt": { on: ["WorkloadEntry"] },
  "istio.io/disconnectedAt": { on: ["WorkloadEntry"] },
  "istio.io/dry-run": { on: ["AuthorizationPolicy"], experimental: true, value: BOOLEAN },
  "istio.io/reroute-virtual-interfaces": pod(),
  "istio.io/rev": pod({ deprecated: "the label istio.io/rev" }),
  "istio.io/workloadController": { on: ["WorkloadEntry"] },
  "kubernetes.io/ingress.class": { on: ["Ingress"] },
  "networking.istio.io/address-type": { on: ["Gateway"] },
  "networking.istio.io/exportTo": { on: ["Service"] },
  "networking.istio.io/service-type": { on: ["Gateway"] },
  "networking.istio.io/traffic-distribution": { on: ["Service", "ServiceEntry", "Namespace"] },
  "prometheus.istio.io/merge-metrics": pod({ value: BOOLEAN }),
  "proxy.istio.io/config": pod(),
  "proxy.istio.io/overrides": pod({ experimental: true }),
  "readiness.status.sidecar.istio.io/applicationPorts": pod(),
  "readiness.status.sidecar.istio.io/failureThreshold": pod({ value: COUNT }),
  "readiness.status.sidecar.istio.io/initialDelaySeconds": pod({ value: COUNT }),
  "readiness.status.sidecar.istio.io/periodSeconds": pod({ value: COUNT }),
  "sidecar.istio.io/agentLogLevel": pod(),
  "sidecar.istio.io/bootstrapOverride": pod({ experimental: true }),
  "sidecar.istio.io/componentLogLevel": pod(),
  "sidecar.istio.io/controlPlaneAuthPolicy": pod({ deprecated: gone }),
  "sidecar.istio.io/discoveryAddress": pod({ deprecated: "discoveryAddress in the annotation proxy.istio.io/config" }),
  "sidecar.istio.io/enableCoreDump": pod(),
  "sidecar.istio.io/extraStatTags": pod(),
  "sidecar.istio.io/inject": pod({ deprecated: "the label sidecar.istio.io/inject" }),
  "sidecar.istio.io/interceptionMode": pod({ value: anyOf("REDIRECT", "TPROXY", "NONE") }),
  "sidecar.istio.io/logLevel": pod(),
  "sidecar.istio.io/nativeSidecar": pod({ value: BOOLEAN }),
  "sidecar.istio.io/proxyCPU": pod({ value: QUANTITY }),
  "sidecar.istio.io/proxyCPULimit": pod({ value: QUANTITY }),
  "sidecar.istio.io/proxyImage": pod(),
  "sidecar.istio.io/proxyImageType": pod(),
  "sidecar.istio.io/proxyMemory": pod({ value: QUANTITY }),
  "sidecar.istio.io/proxyMemoryLimit": pod({ value: QUANTITY }),
  "sidecar.istio.io/rewriteAppHTTPProbers": pod(),
  "sidecar.istio.io/statsHistogramBuckets": pod(),
  "sidecar.istio.io/statsInclusionPrefixes": pod({ deprecated: "proxyStatsMatcher in proxy.istio.io/config" }),
  "sidecar.istio.io/statsInclusionRegexps": pod({ deprecated: "proxyStatsMatcher in proxy.istio.io/config" }),
  "sidecar.istio.io/statsInclusionSuffixes": pod({ deprecated: "proxyStatsMatcher in proxy.istio.io/config" }),
  "sidecar.istio.io/status": pod(),
  "sidecar.istio.io/statsCompression": pod({ value: BOOLEAN }),
  "sidecar.istio.io/userVolume": pod(),
  "sidecar.istio.io/userVolumeMount": pod(),
  "status.sidecar.istio.io/port": pod({ value: PORT }),
  "topology.istio.io/controlPlaneClusters": { on: ["Namespace"] },
  "traffic.sidecar.istio.io/excludeInboundPorts": pod({ value: PORTS }),
  "traffic.sidecar.istio.io/excludeInterfaces": pod(),
  "traffic.sidecar.istio.io/excludeOutboundIPRanges": pod({ value: RANGES }),
  "traffic.sidecar.istio.io/excludeOutboundPorts": pod({ value: PORTS }),
  "traffic.sidecar.istio.io/includeInboundPorts": pod({ value: PORTS_OR_ALL }),
  "traffic.sidecar.istio.io/includeOutboundIPRanges": pod({ value: RANGES_OR_ALL }),
  "traffic.sidecar.istio.io/includeOutboundPorts": pod({ value: PORTS }),
  "traffic.sidecar.istio.io/kubevirtInterfaces": pod({ deprecated: "istio.io/reroute-virtual-interfaces" }),
};
