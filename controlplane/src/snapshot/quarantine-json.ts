import { KINDS, TYPE_URLS } from "./kinds.ts";
import type { Rejection } from "./rejection.ts";
import type { EncodedResource } from "./types.ts";

/** Rejections as plain JSON, so that a restarted control plane does not hand out what Envoys have refused. */
export function quarantineToJson(rejections: readonly Rejection[]): unknown {
  return rejections.map(({ resource, by, good, companions, ...rest }) => ({
    ...rest,
    by: [...by],
    resource: write({ ...resource, value: new Uint8Array() }),
    ...(good === undefined ? {} : { good: write(good) }),
    companions: companions.map(write),
  }));
}

/** Reads them back. What is damaged is left out: then a rejected revision is tried once more, and rejected again. */
export function quarantineFromJson(json: unknown): Rejection[] {
  return Array.isArray(json) ? json.map(readRejection).filter((each) => each !== undefined) : [];
}

function write({ kind, name, version, value, endpoint, updates, origins }: EncodedResource): unknown {
  return {
    kind,
    name,
    version,
    value: Buffer.from(value).toString("base64"),
    ...(endpoint === undefined ? {} : { endpoint }),
    ...(updates === undefined ? {} : { updates: updates.map((each) => Buffer.from(each.value).toString("base64")) }),
    origins,
  };
}

function readRejection(json: unknown): Rejection | undefined {
  if (!isRecord(json) || !isStrings(json["by"]) || !Array.isArray(json["companions"])) return undefined;
  const { proxyClass, message, local } = json;
  if (typeof proxyClass !== "string" || typeof message !== "string" || typeof local !== "boolean") return undefined;
  const resource = read(json["resource"]);
  const good = json["good"] === undefined ? undefined : read(json["good"]);
  if (resource === undefined || (json["good"] !== undefined && good === undefined)) return undefined;
  return {
    proxyClass,
    message,
    local,
    by: new Set(json["by"]),
    resource,
    ...(good === undefined ? {} : { good }),
    companions: json["companions"].map(read).filter((each) => each !== undefined),
  };
}

function read(json: unknown): EncodedResource | undefined {
  if (!isRecord(json)) return undefined;
  const { name, version, value, endpoint, updates = [], origins } = json;
  const kind = KINDS.find((each) => each === json["kind"]);
  if (kind === undefined || typeof name !== "string" || typeof version !== "string") return undefined;
  const bytes = bytesOf(value);
  if (bytes === undefined || !isStrings(updates) || !Array.isArray(origins) || !origins.every(isOrigin))
    return undefined;
  const base: EncodedResource = {
    kind,
    typeUrl: TYPE_URLS[kind],
    name,
    version,
    value: bytes,
    ...(typeof endpoint === "string" ? { endpoint } : {}),
    origins,
  };
  if (updates.length === 0) return base;
  return { ...base, updates: updates.map((each) => ({ ...base, value: bytesOf(each) ?? bytes })) };
}

function bytesOf(text: unknown): Uint8Array | undefined {
  return typeof text === "string" ? new Uint8Array(Buffer.from(text, "base64")) : undefined;
}

function isOrigin(value: unknown): value is EncodedResource["origins"][number] {
  if (!isRecord(value) || !isRecord(value["position"])) return false;
  const { file, line, column } = value["position"];
  const names = [value["kind"], value["namespace"], value["name"], file];
  return names.every((each) => typeof each === "string") && typeof line === "number" && typeof column === "number";
}

function isStrings(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((each) => typeof each === "string");
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
