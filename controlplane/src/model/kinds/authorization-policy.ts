import { describe, isNull } from "../../config/value.ts";
import { list, nonEmptyList } from "../decode/collections.ts";
import { reportError, reportUnsupported } from "../decode/context.ts";
import { refine, type Decoder } from "../decode/decoder.ts";
import { defined, message } from "../decode/message.ts";
import { enumeration, nonEmptyString } from "../decode/scalars.ts";
import type { ObjectMeta } from "../object-meta.ts";
import { didYouMean } from "../suggestion.ts";
import type {
  AuthorizationCondition,
  AuthorizationOperation,
  AuthorizationPolicy,
  AuthorizationRule,
  Labels,
} from "../types.ts";
import { hostMatch, pathMatch, valueMatch } from "./authorization-value.ts";
import { workloadSelector } from "./selector.ts";

interface AuthorizationPolicySpec {
  readonly selector: Labels;
  readonly action: AuthorizationPolicy["action"];
  readonly rules: readonly AuthorizationRule[];
}

/** Istio writes ports as strings. */
const portString: Decoder<number> = refine(nonEmptyString, (text, value, path, context) => {
  const port = /^\d+$/.test(text) ? Number(text) : 0;
  if (port >= 1 && port <= 65_535) return port;
  return reportError(context, {
    offset: value.offset,
    path,
    message: `${path} is ${describe(value)}, which is not a port`,
    allowed: '"1" to "65535"',
  });
});

const lists = {
  hosts: list(hostMatch),
  notHosts: list(hostMatch),
  ports: list(portString),
  notPorts: list(portString),
  methods: list(valueMatch),
  notMethods: list(valueMatch),
  paths: list(pathMatch),
  notPaths: list(pathMatch),
};

const operation = message("Operation", { optional: lists }, (given, place): AuthorizationOperation | undefined => {
  const {
    hosts = [],
    notHosts = [],
    ports = [],
    notPorts = [],
    methods = [],
    notMethods = [],
    paths = [],
    notPaths = [],
  } = given;
  const read = { hosts, notHosts, ports, notPorts, methods, notMethods, paths, notPaths };
  if (Object.values(read).some((values) => values.length > 0)) return read;
  const report = {
    offset: place.offset,
    path: place.path,
    message: `${place.path} must have a value in one of its lists`,
  };
  return reportError(place.context, {
    ...report,
    allowed: Object.keys(lists).join(", "),
    fix: "to match every request, leave out to",
  });
});

const to = message("Rule.To", { required: { operation }, inside: { "*": "operation" } }, (given) => given.operation);

/** The keys of `when` that Istio has and Sluice refuses for now; those with brackets by their beginning. */
const LATER_KEYS = [
  "source.ip",
  "remote.ip",
  "source.namespace",
  "source.serviceAccount",
  "source.principal",
  "source.trustDomain",
  "request.auth.principal",
  "request.auth.audiences",
  "request.auth.presenter",
  "destination.ip",
  "destination.port",
  "connection.sni",
];

const headerKey: Decoder<string> = refine(nonEmptyString, (text, value, path, context) => {
  const name = /^request\.headers\[([-_A-Za-z0-9:]+)\]$/.exec(text)?.[1];
  if (name !== undefined) return name.toLowerCase();
  if (LATER_KEYS.includes(text) || /^(request\.auth\.claims|experimental\.envoy\.filters\.[^[]+)\[/.test(text))
    return reportUnsupported(context, value.offset, path, `${path}: ${text}`);
  const near = /^request\.headers?[.[]["']?([-\w:]+)["']?\]?$/.exec(text)?.[1];
  return reportError(context, {
    offset: value.offset,
    path,
    message: `${path} has the unknown key ${describe(value)}`,
    allowed: "request.headers[NAME]",
    fix: near === undefined ? didYouMean(text, LATER_KEYS) : `write request.headers[${near}]`,
  });
});

const condition = message(
  "Condition",
  { required: { key: headerKey }, optional: { values: list(valueMatch), notValues: list(valueMatch) } },
  (given, place): AuthorizationCondition | undefined => {
    const { values = [], notValues = [] } = given;
    if (values.length + notValues.length > 0) return { header: given.key, values, notValues };
    return reportError(place.context, {
      offset: place.offset,
      path: place.path,
      message: `${place.path} has neither values nor notValues`,
      fix: "add values: [TEXT]; the value * asks for the header's presence",
    });
  },
);

const rule = message(
  "Rule",
  { optional: { to: nonEmptyList(to), when: nonEmptyList(condition) }, later: ["from"], inside: { operation: "to" } },
  (given): AuthorizationRule => ({
    to: given.to ?? [],
    when: given.when ?? [],
  }),
);

/** Istio: AuthorizationPolicy. No rules at all: ALLOW then lets nothing through, DENY would mean nothing and is an error. */
const policy = message(
  "AuthorizationPolicy",
  {
    optional: {
      selector: workloadSelector,
      action: enumeration(["ALLOW", "DENY"], ["AUDIT", "CUSTOM"]),
      rules: list(rule),
    },
    later: ["targetRef", "targetRefs", "provider"],
  },
  (given, place): AuthorizationPolicySpec | undefined => {
    const { selector = {}, action = "ALLOW", rules = [] } = given;
    if (action !== "DENY" || rules.length > 0) return { selector, action, rules };
    const path = `${place.path}.rules`;
    return reportError(place.context, {
      offset: place.key("action"),
      path,
      message: `${path} is required for the action DENY`,
      fix: "to deny everything, write rules: [{}]",
    });
  },
);

/** `spec:` without anything below it is the well-known "allow nothing" policy. */
export const authorizationPolicySpec: Decoder<AuthorizationPolicySpec> = (value, path, context) =>
  policy(isNull(value) ? { kind: "map", entries: [], offset: value.offset } : value, path, context);

export function buildAuthorizationPolicy(meta: ObjectMeta, spec: AuthorizationPolicySpec): AuthorizationPolicy {
  return defined({ ref: meta.ref, labels: meta.labels, ...spec });
}
