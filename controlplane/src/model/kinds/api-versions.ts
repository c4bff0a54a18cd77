/** Kinds that Sluice understands. */
export const SUPPORTED_KINDS = [
  "ServiceEntry",
  "WorkloadEntry",
  "Gateway",
  "VirtualService",
  "DestinationRule",
  "AuthorizationPolicy",
  "RequestAuthentication",
  "Telemetry",
  "FaultInjection",
  "HeaderPolicy",
  "Service",
  "EndpointSlice",
  "Secret",
  "Sidecar",
  "EnvoyFilter",
  "ProxyConfig",
  "WorkloadGroup",
] as const;

export type SupportedKind = (typeof SUPPORTED_KINDS)[number];

/** The API versions of each kind; its schema is the same under all of them. */
export const SUPPORTED: Readonly<Record<SupportedKind, readonly [string, ...string[]]>> = {
  ServiceEntry: networking(),
  WorkloadEntry: networking(),
  Gateway: networking(),
  VirtualService: networking(),
  DestinationRule: networking(),
  AuthorizationPolicy: security(),
  RequestAuthentication: security(),
  Telemetry: ["telemetry.istio.io/v1", "telemetry.istio.io/v1alpha1"],
  FaultInjection: ["sluice.dev/v1alpha1"],
  HeaderPolicy: ["sluice.dev/v1alpha1"],
  Service: ["v1"],
  EndpointSlice: ["discovery.k8s.io/v1"],
  Secret: ["v1"],
  Sidecar: networking(),
  EnvoyFilter: ["networking.istio.io/v1alpha3"],
  ProxyConfig: ["networking.istio.io/v1beta1"],
  WorkloadGroup: networking(),
};

function security(): [string, ...string[]] {
  return ["security.istio.io/v1", "security.istio.io/v1beta1"];
}

function networking(): [string, ...string[]] {
  return ["networking.istio.io/v1", "networking.istio.io/v1beta1", "networking.istio.io/v1alpha3"];
}

/** Istio's other kinds, by API group. */
const ISTIO_LATER: Readonly<Record<string, readonly string[]>> = {
  "security.istio.io": ["PeerAuthentication"],
  "extensions.istio.io": ["WasmPlugin", "TrafficExtension"],
  "install.istio.io": ["IstioOperator"],
};

/** Kinds of Kubernetes' core API, which has no group in its apiVersion. */
const KUBERNETES_CORE = [
  "Pod",
  "Namespace",
  "ConfigMap",
  "ServiceAccount",
  "Endpoints",
  "PersistentVolume",
  "PersistentVolumeClaim",
  "ReplicationController",
  "Node",
  "Event",
  "LimitRange",
  "ResourceQuota",
];

/** API groups of Kubernetes and of the Gateway API: whatever the kind, the object is somebody else's business. */
const KUBERNETES_GROUPS = [
  "apps",
  "batch",
  "autoscaling",
  "policy",
  "networking.k8s.io",
  "rbac.authorization.k8s.io",
  "apiextensions.k8s.io",
  "storage.k8s.io",
  "scheduling.k8s.io",
  "coordination.k8s.io",
  "discovery.k8s.io",
  "events.k8s.io",
  "admissionregistration.k8s.io",
  "certificates.k8s.io",
  "gateway.networking.k8s.io",
  "kustomize.config.k8s.io",
];

export type Recognition =
  | { readonly state: "supported"; readonly kind: SupportedKind }
  | { readonly state: "later" }
  | { readonly state: "unknown kind"; readonly known: readonly string[] }
  | { readonly state: "unknown version"; readonly known: readonly string[] };

/** What Sluice makes of an object by its apiVersion and kind. */
export function recognise(apiVersion: string, kind: string): Recognition {
  const supported = SUPPORTED_KINDS.find((name) => name === kind);
  if (supported !== undefined && SUPPORTED[supported].some((version) => version === apiVersion))
    return { state: "supported", kind: supported };
  const group = apiVersion.includes("/") ? apiVersion.slice(0, apiVersion.indexOf("/")) : "";
  if (KUBERNETES_GROUPS.includes(group) || (apiVersion === "v1" && KUBERNETES_CORE.includes(kind)))
    return { state: "later" };
  if (Object.entries(ISTIO_LATER).some(([name, kinds]) => name === group && kinds.includes(kind)))
    return { state: "later" };
  if (supported !== undefined) return { state: "unknown version", known: SUPPORTED[supported] };
  const later = Object.entries(ISTIO_LATER).find(([, kinds]) => kinds.includes(kind));
  if (later !== undefined) return { state: "unknown version", known: [`${later[0]}/v1`] };
  return {
    state: "unknown kind",
    known: [...SUPPORTED_KINDS, ...Object.values(ISTIO_LATER).flat(), ...KUBERNETES_CORE],
  };
}
