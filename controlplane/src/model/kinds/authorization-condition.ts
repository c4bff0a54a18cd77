import { describe } from "../../config/value.ts";
import { list } from "../decode/collections.ts";
import { reportError } from "../decode/context.ts";
import { refine, type Decoder } from "../decode/decoder.ts";
import { message, type Place } from "../decode/message.ts";
import { nonEmptyString } from "../decode/scalars.ts";
import { didYouMean } from "../suggestion.ts";
import type { AuthorizationAttribute, AuthorizationCondition, ConditionKey, ValueMatch } from "../types.ts";
import {
  ipBlock,
  namespaceMatch,
  parseValue,
  portString,
  principalMatch,
  requestPrincipalMatch,
  serviceAccountMatch,
  valueMatch,
} from "./authorization-value.ts";

const portMatch: Decoder<ValueMatch> = refine(portString, (port) => ({ kind: "exact", value: String(port) }));

/** How the values of each key are written. */
const ATTRIBUTES: Readonly<Record<AuthorizationAttribute, Decoder<ValueMatch>>> = {
  "source.ip": ipBlock,
  "remote.ip": ipBlock,
  "source.namespace": namespaceMatch,
  "source.serviceAccount": serviceAccountMatch,
  "source.principal": principalMatch,
  "source.trustDomain": valueMatch,
  "request.auth.principal": requestPrincipalMatch,
  "request.auth.audiences": valueMatch,
  "request.auth.presenter": valueMatch,
  "destination.ip": ipBlock,
  "destination.port": portMatch,
  "connection.sni": valueMatch,
};

const WITH_ARGUMENT = ["request.headers[NAME]", "request.auth.claims[NAME]", "experimental.FILTER[KEY]"];
const KEYS = [...Object.keys(ATTRIBUTES), ...WITH_ARGUMENT];

/** The members of a list in metadata are written in brackets; a plain value is compared with a text. */
const memberMatch: Decoder<ValueMatch> = refine(nonEmptyString, (text) =>
  parseValue(/^\[(.+)\]$/.exec(text)?.[1] ?? text),
);

const key: Decoder<ConditionKey> = refine(nonEmptyString, (text, value, path, context) => {
  const attribute = parseKey(text);
  if (attribute !== undefined) return attribute;
  const near = /^request\.headers?[.[]["']?([-\w:]+)["']?\]?$/.exec(text)?.[1];
  return reportError(context, {
    offset: value.offset,
    path,
    message: `${path} has the unknown key ${describe(value)}`,
    allowed: KEYS.join(", "),
    fix: near === undefined ? didYouMean(text, KEYS) : `write request.headers[${near}]`,
  });
});

function parseKey(text: string): ConditionKey | undefined {
  const attribute = isAttribute(text) ? text : undefined;
  if (attribute !== undefined) return { attribute };
  const header = /^request\.headers\[([-_A-Za-z0-9:]+)\]$/.exec(text)?.[1];
  if (header !== undefined) return { header: header.toLowerCase() };
  const claims = /^request\.auth\.claims((?:\[[^[\]]+\])+)$/.exec(text)?.[1];
  if (claims !== undefined) return { claim: claims.slice(1, -1).split("][") };
  const metadata = /^experimental\.(envoy\.filters\.[^[\]]+)\[([^[\]]+)\]$/.exec(text);
  return metadata === null ? undefined : { filter: metadata[1] ?? "", key: metadata[2] ?? "" };
}

function isAttribute(text: string): text is AuthorizationAttribute {
  return Object.hasOwn(ATTRIBUTES, text);
}

/** Istio: Condition. The key says how the values are to be read, so it is read first. */
export const condition: Decoder<AuthorizationCondition> = (value, path, context) => {
  const written = value.kind === "map" ? value.entries.find((entry) => entry.key === "key")?.value : undefined;
  const known = written?.kind === "scalar" ? parseKey(written.source) : undefined;
  return conditionOf(known === undefined ? valueMatch : valuesOf(known))(value, path, context);
};

function valuesOf(known: ConditionKey): Decoder<ValueMatch> {
  if ("attribute" in known) return ATTRIBUTES[known.attribute];
  return "filter" in known ? memberMatch : valueMatch;
}

function conditionOf(match: Decoder<ValueMatch>): Decoder<AuthorizationCondition> {
  return message(
    "Condition",
    { required: { key }, optional: { values: list(match), notValues: list(match) } },
    (given, place) => withValues(given.key, given.values ?? [], given.notValues ?? [], place),
  );
}

function withValues(
  what: ConditionKey,
  values: readonly ValueMatch[],
  notValues: readonly ValueMatch[],
  place: Place,
): AuthorizationCondition | undefined {
  if (values.length + notValues.length > 0) return { ...what, values, notValues };
  return reportError(place.context, {
    offset: place.offset,
    path: place.path,
    message: `${place.path} has neither values nor notValues`,
    fix: "add values: [TEXT]; the value * asks for presence",
  });
}
