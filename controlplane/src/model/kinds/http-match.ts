import { describe } from "../../config/value.ts";
import { list, mapOf } from "../decode/collections.ts";
import { reportError } from "../decode/context.ts";
import type { Decoder } from "../decode/decoder.ts";
import { defined, message } from "../decode/message.ts";
import { headerName, labels } from "../decode/names.ts";
import { boolean, nonEmptyString, portNumber, string } from "../decode/scalars.ts";
import type { HttpMatch, StringMatch } from "../types.ts";
import { gatewayName } from "./gateway-name.ts";
import { stringMatch } from "./string-match.ts";

/**
 * Names of headers to match. `@request.auth.claims` stands for a claim of a token that a RequestAuthentication has
 * checked; as none is enforced, a route by it would believe a token that nobody has looked at.
 */
const matchedHeader: Decoder<string> = (value, path, context) => {
  if (value.kind === "scalar" && value.source.startsWith("@"))
    return reportError(context, {
      offset: value.offset,
      path,
      code: "SLU0004",
      message: `${path}: ${describe(value)} needs tokens that RequestAuthentication has checked, which this version of Sluice does not`,
    });
  if (value.kind === "scalar" && value.source === "uri") {
    return reportError(context, {
      offset: value.offset,
      path,
      message: `${path}: uri is not a header`,
      fix: "match uri beside headers",
    });
  }
  return headerName(false)(value, path, context);
};

const headerMatches: Decoder<Readonly<Record<string, StringMatch>>> = presenceMap(matchedHeader);

/** A map of StringMatch where a key without a value means presence, unlike other maps. */
function presenceMap(key: Decoder<string>): Decoder<Readonly<Record<string, StringMatch>>> {
  const decode = mapOf(stringMatch, key);
  return (value, path, context) => {
    if (value.kind !== "map") return decode(value, path, context);
    const entries = value.entries.map((entry) =>
      entry.value.kind === "scalar" && entry.value.value === null
        ? { ...entry, value: { kind: "map" as const, entries: [], offset: entry.keyOffset } }
        : entry,
    );
    return decode({ ...value, entries }, path, context);
  };
}

/** Istio: HTTPMatchRequest. */
export const httpMatch = message(
  "HTTPMatchRequest",
  {
    optional: {
      name: string,
      uri: stringMatch,
      ignoreUriCase: boolean,
      scheme: stringMatch,
      method: stringMatch,
      authority: stringMatch,
      headers: headerMatches,
      withoutHeaders: headerMatches,
      queryParams: presenceMap(nonEmptyString),
      port: portNumber,
      sourceLabels: labels,
      sourceNamespace: string,
      gateways: list(gatewayName),
      statPrefix: string,
    },
    inside: { exact: "uri", prefix: "uri", regex: "uri" },
  },
  (given): HttpMatch =>
    defined({
      name: given.name,
      uri: given.uri,
      ignoreUriCase: given.ignoreUriCase ?? false,
      scheme: given.scheme,
      method: given.method,
      authority: given.authority,
      headers: given.headers ?? {},
      withoutHeaders: given.withoutHeaders ?? {},
      queryParams: given.queryParams ?? {},
      port: given.port,
      sourceLabels: given.sourceLabels ?? {},
      sourceNamespace: given.sourceNamespace,
      // An empty list is protobuf's "not given".
      gateways: given.gateways?.length === 0 ? undefined : given.gateways,
      statPrefix: given.statPrefix,
    }),
);
