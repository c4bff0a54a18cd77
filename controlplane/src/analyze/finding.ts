import type { Diagnostic } from "../model/diagnostic.ts";

/** How bad a finding is, worst first. Istio's levels. */
export const LEVELS = ["error", "warning", "info"] as const;
export type Level = (typeof LEVELS)[number];

/** What an analysis has to say about one place of the user's files. */
export interface Finding extends Omit<Diagnostic, "severity"> {
  readonly severity: Level;
  /** Istio's name of the message, such as ReferencedResourceNotFound; ours for SLU codes. */
  readonly name: string;
}

/** Istio's messages as far as files alone can tell them, and ours: name and, where Istio fixes it, level. */
export const MESSAGES: Readonly<Record<string, readonly [name: string, level?: Level]>> = {
  IST0002: ["Deprecated", "warning"],
  IST0101: ["ReferencedResourceNotFound", "error"],
  IST0106: ["SchemaValidationError", "error"],
  IST0107: ["MisplacedAnnotation", "warning"],
  IST0108: ["UnknownAnnotation", "warning"],
  IST0109: ["ConflictingMeshGatewayVirtualServiceHosts", "error"],
  IST0110: ["ConflictingSidecarWorkloadSelectors", "error"],
  IST0111: ["MultipleSidecarsWithoutWorkloadSelectors", "error"],
  IST0112: ["VirtualServiceDestinationPortSelectorRequired", "error"],
  IST0116: ["DeploymentAssociatedToMultipleServices", "warning"],
  IST0118: ["PortNameIsNotUnderNamingConvention", "info"],
  IST0125: ["InvalidAnnotation", "warning"],
  IST0127: ["NoMatchingWorkloadsFound", "warning"],
  IST0128: ["NoServerCertificateVerificationDestinationLevel", "warning"],
  IST0129: ["NoServerCertificateVerificationPortLevel", "warning"],
  IST0130: ["VirtualServiceUnreachableRule", "warning"],
  IST0131: ["VirtualServiceIneffectiveMatch", "info"],
  IST0132: ["VirtualServiceHostNotFoundInGateway", "warning"],
  IST0133: ["SchemaWarning", "warning"],
  IST0134: ["ServiceEntryAddressesRequired", "warning"],
  IST0135: ["DeprecatedAnnotation", "info"],
  IST0136: ["AlphaAnnotation", "info"],
  IST0137: ["DeploymentConflictingPorts", "warning"],
  IST0138: ["GatewayDuplicateCertificate", "warning"],
  IST0140: ["IngressRouteRulesNotAffected", "warning"],
  IST0145: ["ConflictingGateways", "error"],
  IST0149: ["JwtClaimBasedRoutingWithoutRequestAuthN", "error"],
  IST0150: ["ExternalNameServiceTypeInvalidPortName", "warning"],
  IST0151: ["EnvoyFilterUsesRelativeOperation", "warning"],
  IST0152: ["EnvoyFilterUsesReplaceOperationIncorrectly", "error"],
  IST0153: ["EnvoyFilterUsesAddOperationIncorrectly", "error"],
  IST0154: ["EnvoyFilterUsesRemoveOperationIncorrectly", "error"],
  IST0155: ["EnvoyFilterUsesRelativeOperationWithProxyVersion", "warning"],
  IST0157: ["InvalidTelemetryProvider", "warning"],
  IST0159: ["ConflictingTelemetryWorkloadSelectors", "error"],
  IST0160: ["MultipleTelemetriesWithoutWorkloadSelectors", "error"],
  IST0161: ["InvalidGatewayCredential", "error"],
  IST0162: ["GatewayPortNotDefinedOnService", "warning"],
  IST0173: ["DestinationRuleSubsetNotSelectPods", "error"],
  IST0174: ["UnknownDestinationRuleHost", "warning"],
  IST0175: ["JwksUriFetchUnrestricted", "warning"],
  IST0177: ["ConflictingServiceEntryProtocol", "warning"],
  SLU0001: ["InvalidYaml"],
  SLU0002: ["UnknownKind"],
  SLU0003: ["NotSupported"],
  SLU0004: ["WithoutEffect"],
  SLU0005: ["DuplicateObject"],
  SLU0006: ["ConflictingServiceEntryHosts"],
  SLU0007: ["NoPortLeft"],
  SLU0008: ["SharedAddress"],
  SLU0012: ["PatchChangesNothing"],
};

/** A diagnostic with its name, at Istio's level. */
export function findingOf(diagnostic: Diagnostic): Finding {
  const [name = "", level = diagnostic.severity] = MESSAGES[diagnostic.code] ?? [];
  return { ...diagnostic, name, severity: level };
}

/** Whether a finding is as bad as the threshold, or worse. */
export function isAtLeast(severity: Level, threshold: Level): boolean {
  return LEVELS.indexOf(severity) <= LEVELS.indexOf(threshold);
}
