import { describe, entryOf, type Value } from "../../config/value.ts";
import type { AuthorizationProvider } from "../authorization-settings.ts";
import { list } from "../decode/collections.ts";
import { reportError, type Context } from "../decode/context.ts";
import { durationMs } from "../decode/duration.ts";
import { refine, type Decoder } from "../decode/decoder.ts";
import { defined, message, toCamelCase } from "../decode/message.ts";
import { boolean, enumeration, nonEmptyString, string } from "../decode/scalars.ts";
import type { Diagnostic } from "../diagnostic.ts";
import { DEFAULT_CONFIG } from "../empty-mesh.ts";
import type { TelemetryProvider, TracingDefaults } from "../telemetry-types.ts";
import type { MeshConfig, ObjectRef, Position } from "../types.ts";
import { explainAuthorization } from "./authorization-explain.ts";
import { tcpKeepalive } from "./connection-pool.ts";
import { defaultConfig } from "./default-config.ts";
import { authorizationProviders } from "./extension-provider.ts";
import { defaultLogFormat } from "./log-format.ts";
import { localityLbSetting } from "./locality.ts";
import {
  defaultProviders,
  defaultTrafficPolicy,
  exportDefault,
  exportDefaults,
  statNames,
  trafficDefaults,
} from "./mesh-defaults.ts";
import { MESH_WITHOUT_EFFECT } from "./mesh-without-effect.ts";
import { meshOutbound } from "./outbound-traffic-policy.ts";
import { retries } from "./retries.ts";
import { telemetryProviders } from "./telemetry-provider.ts";
import { withoutEffect } from "./without-effect.ts";

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
  outboundTrafficPolicy: meshOutbound,
  pathNormalization,
  connectTimeout: durationMs,
  tcpKeepalive,
  h2UpgradePolicy: enumeration(["DO_NOT_UPGRADE", "UPGRADE"]),
  defaultTrafficPolicy,
  localityLbSetting,
  dnsRefreshRate: durationMs,
  defaultServiceExportTo: exportDefault,
  defaultVirtualServiceExportTo: exportDefault,
  defaultDestinationRuleExportTo: exportDefault,
  defaultProviders,
  defaultConfig,
  enableTracing: boolean,
  inboundClusterStatName: string,
  outboundClusterStatName: string,
  ...withoutEffect(MESH_WITHOUT_EFFECT),
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
    trafficDefaults: trafficDefaults(given),
    locality: given.localityLbSetting,
    dnsRefreshRateMs: given.dnsRefreshRate,
    exportTo: exportDefaults(given),
    defaultProviders: given.defaultProviders,
    statNames: statNames(given),
    ...given.defaultConfig,
    tracing: given.enableTracing === true ? given.defaultConfig?.tracing : withoutTracer(given.defaultConfig?.tracing),
    logFormat: accessLogFormat === "" && accessLogEncoding === "TEXT" ? undefined : format,
    accessLog: accessLogFile === "" ? undefined : { path: accessLogFile, format },
    trustDomain,
    rootNamespace: given.rootNamespace ?? DEFAULT_CONFIG.rootNamespace,
    outboundTraffic: given.outboundTrafficPolicy?.mode ?? DEFAULT_CONFIG.outboundTraffic,
    egressProxy: given.outboundTrafficPolicy?.egressProxy,
    outboundTls: given.outboundTrafficPolicy?.tls,
    pathNormalization: given.pathNormalization ?? DEFAULT_CONFIG.pathNormalization,
  });
});

// Its own tracer is on only where the mesh says so.
function withoutTracer({ provider: _provider, ...others }: TracingDefaults = {}): TracingDefaults | undefined {
  return Object.keys(others).length > 0 ? others : undefined;
}

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
