import type { Value } from "../../config/value.ts";
import type { Context } from "../decode/context.ts";
import type { Decoder } from "../decode/decoder.ts";
import type { FaultInjection } from "../fault-injection.ts";
import type { RequestAuthentication } from "../authentication-types.ts";
import type { EnvoyFilter } from "../envoy-filter.ts";
import type { HeaderPolicy } from "../header-policy.ts";
import type { ProxyConfig } from "../proxy-config.ts";
import type { WorkloadGroup } from "../workload-group.ts";
import type { ObjectMeta } from "../object-meta.ts";
import type {
  AuthorizationPolicy,
  DestinationRule,
  Gateway,
  MeshConfig,
  Secret,
  Sidecar,
  Telemetry,
  VirtualService,
  Workload,
} from "../types.ts";
import type { SupportedKind } from "./api-versions.ts";
import { authorizationPolicySpec, buildAuthorizationPolicy, dryRunFits } from "./authorization-policy.ts";
import { buildEnvoyFilter, envoyFilterSpec } from "./envoy-filter.ts";
import { buildProxyConfig, proxyConfigSpec } from "./proxy-config.ts";
import { buildWorkloadGroup, workloadGroupSpec } from "./workload-group.ts";
import { buildDestinationRule, destinationRuleSpec } from "./destination-rule.ts";
import { buildFaultInjection, faultInjectionSpec } from "./fault-injection.ts";
import { buildGateway, gatewaySpec } from "./gateway.ts";
import { buildRequestAuthentication, requestAuthenticationSpec } from "./request-authentication.ts";
import { buildHeaderPolicy, headerPolicySpec } from "./header-policy.ts";
import { buildServiceEntry, serviceEntrySpec, type ServiceEntry } from "./service-entry.ts";
import { buildEndpointSlice, endpointSliceSpec, type EndpointSlice } from "./endpoint-slice.ts";
import { buildKubernetesService, kubernetesServiceSpec } from "./kubernetes-service.ts";
import { buildSidecar, sidecarSpec } from "./sidecar.ts";
import { buildSecret, secretSpec } from "./secret.ts";
import { buildTelemetry, telemetrySpec } from "./telemetry.ts";
import { buildVirtualService, virtualServiceSpec } from "./virtual-service.ts";
import { buildWorkload, workloadEntrySpec } from "./workload-entry.ts";

/** One object as declared: good in itself, not yet seen beside the others. */
export type Declared =
  | { readonly kind: "ServiceEntry"; readonly object: ServiceEntry }
  | { readonly kind: "WorkloadEntry"; readonly object: Workload }
  | { readonly kind: "Gateway"; readonly object: Gateway }
  | { readonly kind: "VirtualService"; readonly object: VirtualService }
  | { readonly kind: "DestinationRule"; readonly object: DestinationRule }
  | { readonly kind: "AuthorizationPolicy"; readonly object: AuthorizationPolicy }
  | { readonly kind: "RequestAuthentication"; readonly object: RequestAuthentication }
  | { readonly kind: "Telemetry"; readonly object: Telemetry }
  | { readonly kind: "FaultInjection"; readonly object: FaultInjection }
  | { readonly kind: "HeaderPolicy"; readonly object: HeaderPolicy }
  | { readonly kind: "Secret"; readonly object: Secret }
  | { readonly kind: "Sidecar"; readonly object: Sidecar }
  | { readonly kind: "EnvoyFilter"; readonly object: EnvoyFilter }
  | { readonly kind: "ProxyConfig"; readonly object: ProxyConfig }
  | { readonly kind: "WorkloadGroup"; readonly object: WorkloadGroup }
  | { readonly kind: "EndpointSlice"; readonly object: EndpointSlice }
  | { readonly kind: "MeshConfig"; readonly object: MeshConfig };

type DecodeKind = (meta: ObjectMeta, spec: Value, context: Context) => Declared | undefined;

/** Decodes a spec by its kind. Undefined means that errors were reported in the context. */
export function decodeSpec(kind: SupportedKind, meta: ObjectMeta, spec: Value, context: Context): Declared | undefined {
  return KINDS[kind](meta, spec, context);
}

const KINDS: Readonly<Record<SupportedKind, DecodeKind>> = {
  ServiceEntry: kindOf(serviceEntrySpec, (meta, spec) => ({
    kind: "ServiceEntry",
    object: buildServiceEntry(meta, spec),
  })),
  WorkloadEntry: kindOf(workloadEntrySpec, (meta, spec) => ({
    kind: "WorkloadEntry",
    object: buildWorkload(meta, spec),
  })),
  Gateway: kindOf(gatewaySpec, (meta, spec) => ({ kind: "Gateway", object: buildGateway(meta, spec) })),
  VirtualService: kindOf(virtualServiceSpec, (meta, spec) => ({
    kind: "VirtualService",
    object: buildVirtualService(meta, spec),
  })),
  DestinationRule: kindOf(destinationRuleSpec, (meta, spec) => ({
    kind: "DestinationRule",
    object: buildDestinationRule(meta, spec),
  })),
  AuthorizationPolicy: (meta, spec, context) =>
    dryRunFits(meta, spec, context) ? authorizationPolicy(meta, spec, context) : undefined,
  RequestAuthentication: kindOf(requestAuthenticationSpec, (meta, spec) => ({
    kind: "RequestAuthentication",
    object: buildRequestAuthentication(meta, spec),
  })),
  EnvoyFilter: kindOf(envoyFilterSpec, (meta, spec) => ({
    kind: "EnvoyFilter",
    object: buildEnvoyFilter(meta, spec),
  })),
  ProxyConfig: kindOf(proxyConfigSpec, (meta, spec) => ({
    kind: "ProxyConfig",
    object: buildProxyConfig(meta, spec),
  })),
  WorkloadGroup: kindOf(workloadGroupSpec, (meta, spec) => ({
    kind: "WorkloadGroup",
    object: buildWorkloadGroup(meta, spec),
  })),
  Sidecar: kindOf(sidecarSpec, (meta, spec) => ({ kind: "Sidecar", object: buildSidecar(meta, spec) })),
  Secret: kindOf(secretSpec, (meta, spec) => ({ kind: "Secret", object: buildSecret(meta, spec) }), ""),
  Service: kindOf(kubernetesServiceSpec, (meta, spec) => ({
    kind: "ServiceEntry",
    object: buildKubernetesService(meta, spec),
  })),
  EndpointSlice: kindOf(
    endpointSliceSpec,
    (meta, spec) => ({ kind: "EndpointSlice", object: buildEndpointSlice(meta, spec) }),
    "",
  ),
  Telemetry: kindOf(telemetrySpec, (meta, spec) => ({ kind: "Telemetry", object: buildTelemetry(meta, spec) })),
  FaultInjection: kindOf(faultInjectionSpec, (meta, spec) => ({
    kind: "FaultInjection",
    object: buildFaultInjection(meta, spec),
  })),
  HeaderPolicy: kindOf(headerPolicySpec, (meta, spec) => ({
    kind: "HeaderPolicy",
    object: buildHeaderPolicy(meta, spec),
  })),
};

const authorizationPolicy = kindOf(authorizationPolicySpec, (meta, spec) => ({
  kind: "AuthorizationPolicy",
  object: buildAuthorizationPolicy(meta, spec),
}));

/** `path` is where the object's content stands; some of Kubernetes' kinds have it beside their metadata. */
function kindOf<T>(decode: Decoder<T>, build: (meta: ObjectMeta, spec: T) => Declared, path = "spec"): DecodeKind {
  return (meta, value, context) => {
    const spec = decode(value, path, context);
    return spec === undefined ? undefined : build(meta, spec);
  };
}
