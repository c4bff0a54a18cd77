import { createRegistry, fromJson } from "@bufbuild/protobuf";
import type { JsonValue, MessageInitShape } from "@bufbuild/protobuf";
import {
  ExtAuthzSchema,
  HttpServiceSchema,
} from "../../gen/envoy/extensions/filters/http/ext_authz/v3/ext_authz_pb.js";
import type { ExtAuthz } from "../../gen/envoy/extensions/filters/http/ext_authz/v3/ext_authz_pb.js";
import { RBACSchema } from "../../gen/envoy/extensions/filters/http/rbac/v3/rbac_pb.js";
import type { RBAC } from "../../gen/envoy/extensions/filters/http/rbac/v3/rbac_pb.js";
import { ExtAuthzSchema as ConnectionExtAuthzSchema } from "../../gen/envoy/extensions/filters/network/ext_authz/v3/ext_authz_pb.js";
import type { ExtAuthz as ConnectionExtAuthz } from "../../gen/envoy/extensions/filters/network/ext_authz/v3/ext_authz_pb.js";
import { RBACSchema as ConnectionRBACSchema } from "../../gen/envoy/extensions/filters/network/rbac/v3/rbac_pb.js";
import type { RBAC as ConnectionRBAC } from "../../gen/envoy/extensions/filters/network/rbac/v3/rbac_pb.js";
import { ApiVersion } from "../../gen/envoy/config/core/v3/config_source_pb.js";
import { UriTemplateMatchConfigSchema } from "../../gen/envoy/extensions/path/match/uri_template/v3/uri_template_match_pb.js";
import { MetadataMatcherSchema } from "../../gen/envoy/type/matcher/v3/metadata_pb.js";
import type { ListStringMatcherSchema } from "../../gen/envoy/type/matcher/v3/string_pb.js";
import type { AuthorizationProvider, HttpProvider, ValueMatch } from "../model/types.ts";
import { isMarked } from "../policy/index.ts";
import type { CustomAuthorization } from "../policy/index.ts";
import { grpcCollector } from "./collector.ts";
import { create } from "./create.ts";
import { outboundCluster } from "./names.ts";
import { duration, sortedEntries } from "./protobuf.ts";

type Services = ExtAuthz["services"];
type Headers = Exclude<MessageInitShape<typeof ListStringMatcherSchema>, { $typeName: string }>;

const registry = createRegistry(UriTemplateMatchConfigSchema);

/** Marks the requests about which a provider is to be asked; none without policies. */
export function customMarker(custom: CustomAuthorization | undefined): RBAC {
  return custom === undefined ? create(RBACSchema) : read(RBACSchema, custom.marker);
}

/** Asks the provider about the requests that are marked. */
export function customQuestion(provider: AuthorizationProvider, custom: CustomAuthorization | undefined): ExtAuthz {
  const { name, body, failOpen, statusOnError, clearRouteCache, http } = provider;
  return create(ExtAuthzSchema, {
    services: http === undefined ? grpcService(provider) : httpService(provider, http),
    transportApiVersion: ApiVersion.V3,
    statPrefix: name,
    failureModeAllow: failOpen,
    clearRouteCache,
    ...(statusOnError === undefined ? {} : { statusOnError: { code: statusOnError } }),
    ...(body === undefined
      ? {}
      : {
          withRequestBody: {
            maxRequestBytes: body.maxBytes,
            allowPartialMessage: body.allowPartial,
            packAsBytes: body.packAsBytes,
          },
        }),
    ...(http === undefined ? {} : optional("allowedHeaders", http.includeHeaders)),
    ...(custom === undefined ? {} : { filterEnabledMetadata: read(MetadataMatcherSchema, custom.enabledBy) }),
  });
}

function grpcService({ service, port, timeoutMs }: AuthorizationProvider): Services {
  return { case: "grpcService", value: grpcCollector({ host: service, port }, timeoutMs) };
}

function httpService({ service, port, timeoutMs }: AuthorizationProvider, http: HttpProvider): Services {
  return {
    case: "httpService",
    value: create(HttpServiceSchema, {
      serverUri: {
        uri: `http://${service}`,
        httpUpstreamType: { case: "cluster", value: outboundCluster(port, "", service) },
        timeout: duration(timeoutMs),
      },
      pathPrefix: http.pathPrefix,
      authorizationRequest: {
        headersToAdd: sortedEntries(http.addHeaders).map(([key, value]) => ({ key, value })),
      },
      authorizationResponse: {
        ...optional("allowedUpstreamHeaders", http.upstreamOnAllow),
        ...optional("allowedClientHeaders", http.downstreamOnDeny),
        ...optional("allowedClientHeadersOnSuccess", http.downstreamOnAllow),
      },
    }),
  };
}

/** The same two filters for connections that are not HTTP, where only a provider that speaks gRPC can be asked. */
export function connectionMarker(provider: string, custom: CustomAuthorization | undefined): ConnectionRBAC {
  const statPrefix = `sluice_custom_${provider}`;
  return custom === undefined
    ? create(ConnectionRBACSchema, { statPrefix })
    : { ...read(ConnectionRBACSchema, custom.marker), statPrefix };
}

export function connectionQuestion(provider: AuthorizationProvider): ConnectionExtAuthz {
  const { name, service, port, timeoutMs, failOpen } = provider;
  return create(ConnectionExtAuthzSchema, {
    statPrefix: name,
    grpcService: grpcCollector({ host: service, port }, timeoutMs),
    failureModeAllow: failOpen,
    transportApiVersion: ApiVersion.V3,
    // There is no switch by which the filter could be off.
    filterEnabledMetadata: read(MetadataMatcherSchema, isMarked(name, "tcp")),
  });
}

/** An empty list is left out: to Envoy it would be another thing than none. */
function optional<K extends string>(field: K, matches: readonly ValueMatch[]): { readonly [P in K]?: Headers } {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- a computed key is typed as any string
  return (matches.length === 0 ? {} : { [field]: { patterns: matches.map(pattern) } }) as { [P in K]?: Headers };
}

function pattern(match: ValueMatch): NonNullable<Headers["patterns"]>[number] {
  if (match.kind === "present") return { matchPattern: { case: "safeRegex", value: { regex: ".*" } } };
  const kind = match.kind === "prefix" || match.kind === "suffix" ? match.kind : "exact";
  return { matchPattern: { case: kind, value: match.value }, ignoreCase: true };
}

function read<D extends typeof RBACSchema | typeof ConnectionRBACSchema | typeof MetadataMatcherSchema>(
  schema: D,
  json: unknown,
) {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the policy compiler writes JSON, readonly
  return fromJson(schema, json as JsonValue, { registry });
}
