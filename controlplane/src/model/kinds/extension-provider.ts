import { describe } from "../../config/value.ts";
import type { AuthorizationProvider, HttpProvider } from "../authorization-settings.ts";
import { list, mapOf } from "../decode/collections.ts";
import { reportError, reportWarning } from "../decode/context.ts";
import { refine, type Decoder } from "../decode/decoder.ts";
import { durationMs } from "../decode/duration.ts";
import { defined, message } from "../decode/message.ts";
import { headerName } from "../decode/names.ts";
import { boolean, integer, nonEmptyString, portNumber, string } from "../decode/scalars.ts";
import type { ValueMatch } from "../types.ts";
import { providerService } from "./provider-service.ts";

/** Istio: time for an answer. */
const ANSWER_TIMEOUT_MS = 600_000;

/** Kinds of providers that have to do with metrics, logs and traces. */
const OTHER_KINDS = [
  "prometheus",
  "envoyFileAccessLog",
  "envoyHttpAls",
  "envoyTcpAls",
  "envoyOtelAls",
  "zipkin",
  "lightstep",
  "datadog",
  "opencensus",
  "skywalking",
  "opentelemetry",
  "stackdriver",
  "sds",
] as const;

/** `*`, `abc*`, `*abc` or a name. */
const headerPattern: Decoder<ValueMatch> = refine(
  nonEmptyString,
  (text, value, path, context): ValueMatch | undefined => {
    const [, before = "", name = "", after = ""] = /^(\*?)([-_a-z0-9:]*)(\*?)$/.exec(text.toLowerCase()) ?? [];
    if (before + name + after !== text.toLowerCase() || (before && after))
      return reportError(context, {
        offset: value.offset,
        path,
        message: `${path} is ${describe(value)}, which is no header name`,
        allowed: 'a name, or "*" and one at either end of a part of it',
      });
    if (name === "") return { kind: "present" };
    return { kind: before ? "suffix" : after ? "prefix" : "exact", value: name };
  },
);

const headerPatterns = list(headerPattern);

/** The value is a constant; Envoy would take `%…%` for a command of its formatter. */
const headerValue: Decoder<string> = refine(string, (text, value, path, context) =>
  /[\0\r\n]/.test(text)
    ? reportError(context, { offset: value.offset, path, message: `${path} must be one line of text` })
    : text,
);

const bodyInCheck = message(
  "RequestBody",
  {
    optional: { maxRequestBytes: integer(1, 4_294_967_295), allowPartialMessage: boolean, packAsBytes: boolean },
  },
  (given) => ({
    // Envoy asks for a limit; its own for what a connection buffers.
    maxBytes: given.maxRequestBytes ?? 1_048_576,
    allowPartial: given.allowPartialMessage ?? false,
    packAsBytes: given.packAsBytes ?? false,
  }),
);

const common = {
  timeout: durationMs,
  failOpen: boolean,
  statusOnError: integer(200, 599),
  clearRouteCache: boolean,
  includeRequestBodyInCheck: bodyInCheck,
};

interface Common {
  readonly service: string;
  readonly port: number;
  readonly timeout: number | undefined;
  readonly failOpen: boolean | undefined;
  readonly statusOnError: number | undefined;
  readonly clearRouteCache: boolean | undefined;
  readonly includeRequestBodyInCheck: AuthorizationProvider["body"] | undefined;
}

function provider(given: Common, http?: HttpProvider): Omit<AuthorizationProvider, "name"> {
  return defined({
    service: given.service,
    port: given.port,
    timeoutMs: given.timeout ?? ANSWER_TIMEOUT_MS,
    failOpen: given.failOpen ?? false,
    statusOnError: given.statusOnError,
    clearRouteCache: given.clearRouteCache ?? false,
    body: given.includeRequestBodyInCheck,
    http,
  });
}

const required = { service: providerService, port: portNumber };

/** Istio: MeshConfig.ExtensionProvider.EnvoyExternalAuthorizationHttpProvider. */
const envoyExtAuthzHttp = message(
  "EnvoyExternalAuthorizationHttpProvider",
  {
    required,
    optional: {
      ...common,
      pathPrefix: string,
      includeHeadersInCheck: headerPatterns,
      includeRequestHeadersInCheck: headerPatterns,
      includeAdditionalHeadersInCheck: mapOf(headerValue, headerName(false)),
      headersToUpstreamOnAllow: headerPatterns,
      headersToDownstreamOnDeny: headerPatterns,
      headersToDownstreamOnAllow: headerPatterns,
    },
  },
  (given) =>
    provider(given, {
      pathPrefix: given.pathPrefix ?? "",
      // The first is the older name of the second.
      includeHeaders: given.includeRequestHeadersInCheck ?? given.includeHeadersInCheck ?? [],
      addHeaders: given.includeAdditionalHeadersInCheck ?? {},
      upstreamOnAllow: given.headersToUpstreamOnAllow ?? [],
      downstreamOnDeny: given.headersToDownstreamOnDeny ?? [],
      downstreamOnAllow: given.headersToDownstreamOnAllow ?? [],
    }),
);

/** Istio: MeshConfig.ExtensionProvider.EnvoyExternalAuthorizationGrpcProvider. */
const envoyExtAuthzGrpc = message("EnvoyExternalAuthorizationGrpcProvider", { required, optional: common }, (given) =>
  provider(given),
);

const elsewhere: Decoder<"elsewhere"> = () => "elsewhere";

/**
 * Istio: one item of MeshConfig.extensionProviders. "elsewhere": it has nothing to do with authorization; the decoders
 * of what it has to do with read it.
 */
const extensionProvider = message(
  "ExtensionProvider",
  {
    required: { name: nonEmptyString },
    optional: {
      envoyExtAuthzHttp,
      envoyExtAuthzGrpc,
      ...Object.fromEntries(OTHER_KINDS.map((kind) => [kind, elsewhere])),
    },
  },
  ({ name, envoyExtAuthzHttp: http, envoyExtAuthzGrpc: grpc, ...others }, place) => {
    const kinds = [http, grpc, ...Object.values(others)].filter((kind) => kind !== undefined);
    if (kinds.length !== 1)
      return reportError(place.context, {
        offset: place.offset,
        path: place.path,
        message: `${place.path} must be of one kind, not of ${kinds.length === 0 ? "none" : kinds.length}`,
        allowed: "envoyExtAuthzHttp, envoyExtAuthzGrpc, or a kind for metrics, logs and traces",
      });
    const found = http ?? grpc;
    return found === undefined ? "elsewhere" : { name, ...found };
  },
);

/** Istio: MeshConfig.extensionProviders. Of two with one name the first counts, and the second is warned of. */
export const authorizationProviders: Decoder<readonly AuthorizationProvider[]> = refine(
  list(extensionProvider),
  (all, value, path, context) => {
    const found = new Map<string, AuthorizationProvider>();
    for (const [index, one] of all.entries()) {
      if (one === "elsewhere") continue;
      if (!found.has(one.name)) found.set(one.name, one);
      else
        reportWarning(context, {
          offset: (value.kind === "list" ? value.items[index] : value)?.offset ?? value.offset,
          path: `${path}[${index}].name`,
          message: `${path}[${index}].name: there is already a provider ${one.name}, so this one has no effect`,
        });
    }
    return [...found.values()].toSorted((a, b) => (a.name < b.name ? -1 : 1));
  },
);
