import { createRegistry, fromBinary, toJson } from "@bufbuild/protobuf";
import type { JsonValue, Registry } from "@bufbuild/protobuf";
import { BytesValueSchema } from "@bufbuild/protobuf/wkt";
import { SecretSchema } from "../../gen/envoy/extensions/transport_sockets/tls/v3/secret_pb.js";
import { KINDS } from "../snapshot/kinds.ts";
import type { EncodedResource, ProxySnapshot, ResourceKind } from "../snapshot/types.ts";
import { resourceStatuses } from "../status/resources.ts";
import type { ResourceStatus } from "../status/types.ts";
import type { ClientView } from "./csds.ts";
import { secretView } from "./secret-view.ts";
import type { Fleet } from "./fleet.ts";

/** One resource of one proxy with what it says, as Envoy's JSON has it. */
export interface ResourceView extends ResourceStatus {
  /** What the proxy is given; absent if nothing. */
  readonly config?: JsonValue;
}

/** What a proxy has come to, resource by resource; `undefined` for one that the mesh does not have. */
export function inspect(
  fleet: Fleet,
  proxyId: string,
): { given: ProxySnapshot; resources: ResourceStatus[] } | undefined {
  const facts = fleet.facts(proxyId).get(proxyId);
  const desired = fleet.snapshots.byProxy.get(proxyId);
  if (desired === undefined) return undefined;
  const { quarantine } = fleet;
  const given = facts === undefined ? desired : (quarantine.effective(proxyId, facts.proxyClass) ?? desired);
  const rejections = quarantine.rejectionsOf(proxyId, facts?.proxyClass);
  return { given, resources: resourceStatuses(desired, given, facts?.states ?? [], rejections) };
}

/** All connected Envoys that the mesh knows. */
export function* clientViews(fleet: Fleet): Generator<ClientView> {
  for (const [id, { nodeId, metadata }] of fleet.facts()) {
    const view = inspect(fleet, id);
    if (view !== undefined) yield { nodeId, metadata, ...view };
  }
}

export function isResourceKind(text: string): text is ResourceKind {
  return KINDS.some((kind) => kind === text);
}

/** Resources of one kind or all, of one name or all, with their contents. */
export async function resourceViews(
  fleet: Fleet,
  proxyId: string,
  filter: { readonly type?: string | undefined; readonly name?: string | undefined },
): Promise<ResourceView[] | undefined> {
  const view = inspect(fleet, proxyId);
  if (view === undefined) return undefined;
  const registry = await loadRegistry();
  return view.resources
    .filter(({ type, name }) => filter.type === undefined || (type === filter.type && (filter.name ?? name) === name))
    .map((status) => {
      const resource = view.given.resources[status.type].get(status.name);
      if (resource === undefined || resource.withheld === true) return status;
      return { ...status, config: contentOf(resource, registry) };
    });
}

let registry: Promise<Registry> | undefined;

/** All generated types, some hundred files, and the type of our programs: loaded when somebody looks at a configuration for the first time. */
function loadRegistry(): Promise<Registry> {
  registry ??= import("../../gen/index.js").then(({ files }) => createRegistry(...files, BytesValueSchema));
  return registry;
}

/** What a resource says, as Envoy's JSON has it. */
export async function resourceJson(resource: EncodedResource): Promise<JsonValue> {
  return contentOf(resource, await loadRegistry());
}

function contentOf({ kind, name, typeUrl, value }: EncodedResource, types: Registry): JsonValue {
  // A private key is for the Envoy alone.
  if (kind === "secret") return { "@type": typeUrl, name, ...secretView(fromBinary(SecretSchema, value)) };
  const schema = types.getMessage(typeUrl.slice(typeUrl.indexOf("/") + 1));
  const unread = { "@type": typeUrl, value: Buffer.from(value).toString("base64") };
  if (schema === undefined) return unread;
  try {
    return toJson(schema, fromBinary(schema, value), { registry: types, useProtoFieldName: true });
  } catch {
    // A message holds an Any of a type that is not generated.
    return unread;
  }
}
