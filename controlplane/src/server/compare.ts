import { TYPE_URLS } from "../snapshot/kinds.ts";
import type { ResourceKind } from "../snapshot/types.ts";
import type { ResourceStatus } from "../status/types.ts";

/** One resource in what a proxy should run and what it does run. */
export interface ResourceDifference {
  readonly type: ResourceKind;
  readonly name: string;
  /** extra: the Envoy runs it though it should not. */
  readonly state: "same" | "differs" | "missing" | "extra";
  readonly given?: string;
  /** The version that the Envoy says it runs. */
  readonly running?: string;
}

/** Types whose dump tells the version of each resource. Of endpoints Envoy's dump does not. */
const compared: readonly ResourceKind[] = ["cluster", "listener", "route", "extension", "secret"];

/**
 * Compares what a proxy is given with its /config_dump, by versions: these are hashes of the content, and Envoy repeats them
 * for each resource that it got by delta xDS.
 */
export function compareDump(resources: readonly ResourceStatus[], dump: unknown): ResourceDifference[] {
  const running = versionsIn(dump);
  const differences: ResourceDifference[] = [];
  for (const { type, name, given } of resources) {
    if (given === undefined || !compared.includes(type)) continue;
    const key = `${type} ${name}`;
    const version = running.get(key)?.version;
    running.delete(key);
    const state = version === undefined ? "missing" : version === given ? "same" : "differs";
    differences.push({ type, name, state, given, ...(version === undefined ? {} : { running: version }) });
  }
  for (const { type, name, version } of running.values())
    differences.push({ type, name, state: "extra", running: version });
  return differences;
}

/** Every object in the dump that has a version and a resource in it, at whatever place: static ones have no version. */
function versionsIn(dump: unknown): Map<string, { type: ResourceKind; name: string; version: string }> {
  const found = new Map<string, { type: ResourceKind; name: string; version: string }>();
  const visit = (value: unknown, name: string | undefined): void => {
    if (Array.isArray(value)) for (const item of value) visit(item, undefined);
    if (!isRecord(value)) return;
    const version = value["version_info"];
    // A listener's name stands around its states.
    const outer = typeof value["name"] === "string" ? value["name"] : name;
    for (const child of Object.values(value)) {
      const resource = isRecord(child) ? kindIn(child) : undefined;
      if (resource === undefined || typeof version !== "string" || version === "") visit(child, outer);
      else
        found.set(`${resource.type} ${resource.name ?? outer}`, {
          ...resource,
          name: resource.name ?? outer ?? "",
          version,
        });
    }
  };
  visit(isRecord(dump) ? dump["configs"] : undefined, undefined);
  return found;
}

function kindIn(value: Record<string, unknown>): { type: ResourceKind; name?: string } | undefined {
  const type = compared.find((kind) => TYPE_URLS[kind] === value["@type"]);
  if (type === undefined) return undefined;
  return typeof value["name"] === "string" ? { type, name: value["name"] } : { type };
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
