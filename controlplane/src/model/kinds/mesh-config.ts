import { describe, entryOf, type Value } from "../../config/value.ts";
import type { AuthorizationProvider } from "../authorization-settings.ts";
import { list } from "../decode/collections.ts";
import { reportError, type Context } from "../decode/context.ts";
import { noEffect } from "../decode/no-effect.ts";
import { refine, type Decoder } from "../decode/decoder.ts";
import { defined, message, toCamelCase } from "../decode/message.ts";
import { enumeration, nonEmptyString, string } from "../decode/scalars.ts";
import type { Diagnostic } from "../diagnostic.ts";
import { DEFAULT_CONFIG } from "../empty-mesh.ts";
import type { TelemetryProvider } from "../telemetry-types.ts";
import type { MeshConfig, ObjectRef, Position } from "../types.ts";
import { explainAuthorization } from "./authorization-explain.ts";
import { authorizationProviders } from "./extension-provider.ts";
import { defaultLogFormat } from "./log-format.ts";
import { retries } from "./retries.ts";
import { telemetryProviders } from "./telemetry-provider.ts";

/** Fields that Istio has and Sluice does not act on: a MeshConfig as it is in use has many, so they are no errors. */
const NO_EFFECT = [
  "caCertificates",
  "certificates",
  "configSources",
  "connectTimeout",
  "defaultConfig",
  "defaultDestinationRuleExportTo",
  "defaultProviders",
  "defaultServiceExportTo",
  "defaultTrafficPolicy",
  "defaultVirtualServiceExportTo",
  "disableEnvoyListenerLog",
  "discoverySelectors",
  "dnsRefreshRate",
  "enableAutoMtls",
  "enableEnvoyAccessLogService",
  "enablePrometheusMerge",
  "enableTracing",
  "h2UpgradePolicy",
  "inboundClusterStatName",
  "inboundTrafficPolicy",
  "ingressClass",
  "ingressControllerMode",
  "ingressSelector",
  "ingressService",
  "localityLbSetting",
  "meshMTLS",
  "outboundClusterStatName",
  "proxyHttpPort",
  "proxyInboundListenPort",
  "proxyListenPort",
  "serviceScopeConfigs",
  "serviceSettings",
  "tcpKeepalive",
  "tlsDefaults",
  "verifyCertificateAtClient",
] as const;

const outboundTrafficPolicy = message(
  "OutboundTrafficPolicy",
  {
    optional: { mode: enumeration(["REGISTRY_ONLY", "ALLOW_ANY"], ["ALLOW_ANY_DYNAMIC_DNS"]) },
    later: ["egressProxy"],
  },
  // Protobuf's zero value.
  (given) => given.mode ?? "REGISTRY_ONLY",
);

const pathNormalization = message(
  "ProxyPathNormalization",
  {
    optional: { normalization: enumeration(["DEFAULT", "NONE", "BASE", "MERGE_SLASHES", "DECODE_AND_MERGE_SLASHES"]) },
  },
  ({ normalization = "DEFAULT" }): MeshConfig["pathNormalization"] =>
    normalization === "DEFAULT" ? DEFAULT_CONFIG.pathNormalization : normalization,
);

const namespaceName: Decoder<string> = refine(nonEmptyString, (text, value, path, context) =>
  /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/.test(text)
    ? text
    : reportError(context, {
        offset: value.offset,
        path,
        message: `${path} is ${describe(value)}, which is not a name`,
      }),
);

interface ExtensionProviders {
  readonly authorization: readonly AuthorizationProvider[];
  readonly telemetry: readonly TelemetryProvider[];
}

/** One list for two readers; what the first has said of a place, the second does not say again. */
const extensionProviders: Decoder<ExtensionProviders> = (value, path, context) => {
  const authorization = authorizationProviders(value, path, context);
  const own: Context = { ...context, diagnostics: [] };
  const telemetry = telemetryProviders(value, path, own);
  const said = new Set(context.diagnostics.map(placeOf));
  context.diagnostics.push(...own.diagnostics.filter((one) => !said.has(placeOf(one))));
  return authorization === undefined || telemetry === undefined ? undefined : { authorization, telemetry };
};

function placeOf({ position, field }: Diagnostic): string {
  return `${position.line}:${position.column} ${field}`;
}

const optional = {
  extensionProviders,
  trustDomainAliases: list(nonEmptyString),
  explainAuthorization,
  accessLogFile: string,
  accessLogFormat: string,
  accessLogEncoding: enumeration(["TEXT", "JSON"]),
  defaultHttpRetryPolicy: retries,
  trustDomain: nonEmptyString,
  rootNamespace: namespaceName,
  outboundTrafficPolicy,
  pathNormalization,
  ...Object.fromEntries(NO_EFFECT.map((field) => [field, noEffect])),
};
const FIELDS: ReadonlySet<string> = new Set(Object.keys(optional));

const spec = message("MeshConfig", { optional }, (given, place): MeshConfig | undefined => {
  const { accessLogFile = "", accessLogFormat = "", accessLogEncoding = "TEXT" } = given;
  const format =
    accessLogFormat === ""
      ? defaultLogFormat(accessLogEncoding)
      : accessLogEncoding === "TEXT"
        ? { text: accessLogFormat.endsWith("\n") ? accessLogFormat : `${accessLogFormat}\n` }
        : jsonFormat(accessLogFormat);
  const path = "accessLogFormat";
  if (format === undefined)
    return reportError(place.context, {
      offset: place.value(path),
      path,
      message: `${path} must be a JSON object of strings, as accessLogEncoding is JSON`,
      fix: "accessLogEncoding: TEXT",
    });
  const { extensionProviders: providers, trustDomainAliases: aliases, explainAuthorization: explain } = given;
  const trustDomain = given.trustDomain ?? DEFAULT_CONFIG.trustDomain;
  return defined({
    authorization: defined({
      trustDomain,
      trustDomainAliases: aliases ?? [],
      providers: providers?.authorization ?? [],
      explain,
    }),
    telemetryProviders: providers?.telemetry,
    defaultRetries: given.defaultHttpRetryPolicy,
    accessLog: accessLogFile === "" ? undefined : { path: accessLogFile, format },
    trustDomain,
    rootNamespace: given.rootNamespace ?? DEFAULT_CONFIG.rootNamespace,
    outboundTraffic: given.outboundTrafficPolicy ?? DEFAULT_CONFIG.outboundTraffic,
    pathNormalization: given.pathNormalization ?? DEFAULT_CONFIG.pathNormalization,
  });
});

function jsonFormat(text: string): { json: Record<string, string> } | undefined {
  try {
    const json: unknown = JSON.parse(text);
    return isStrings(json) ? { json } : undefined;
  } catch {
    return undefined;
  }
}

function isStrings(json: unknown): json is Record<string, string> {
  return (
    typeof json === "object" &&
    json !== null &&
    !Array.isArray(json) &&
    Object.values(json).every((value) => typeof value === "string")
  );
}

/**
 * Whether a document is a MeshConfig: Istio keeps that as a plain document, which is no Kubernetes object. So it is told
 * by the name under which istiod knows its file, `mesh.yaml`, by having none of an object's fields and one of its own.
 */
export function isMeshConfig(file: string, value: Value): boolean {
  if (value.kind !== "map" || !/(^|[\\/])mesh\.ya?ml$/.test(file)) return false;
  const isObject = ["apiVersion", "kind", "metadata"].some((field) => entryOf(value, field) !== undefined);
  return !isObject && value.entries.some(({ key }) => FIELDS.has(toCamelCase(key)));
}

/** The identity of the one MeshConfig, which has no name of its own. */
export function meshConfigRef(position: Position): ObjectRef {
  return { kind: "MeshConfig", namespace: DEFAULT_CONFIG.rootNamespace, name: "mesh", position };
}

/** Decodes a plain MeshConfig document. Undefined means that errors were reported in the context. */
export function decodeMeshConfig(value: Value, context: Context): MeshConfig | undefined {
  const read = spec(value, "", context);
  return read === undefined ? undefined : { ref: context.ref, ...read };
}
