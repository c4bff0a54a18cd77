import { entryOf, isNull, stringAt, type Value } from "../../config/value.ts";
import { list, nonEmptyList } from "../decode/collections.ts";
import { reportError, reportWarning, type Context } from "../decode/context.ts";
import type { Decoder } from "../decode/decoder.ts";
import { defined, message, type Place } from "../decode/message.ts";
import { enumeration, nonEmptyString } from "../decode/scalars.ts";
import type { ObjectMeta } from "../object-meta.ts";
import type { AuthorizationOperation, AuthorizationPolicy, AuthorizationRule, Labels } from "../types.ts";
import { condition } from "./authorization-condition.ts";
import { from } from "./authorization-source.ts";
import { hostMatch, pathMatch, portString, valueMatch } from "./authorization-value.ts";
import { workloadSelector } from "./selector.ts";
import { TARGET_REFS } from "./target-refs.ts";

interface AuthorizationPolicySpec {
  readonly selector: Labels;
  readonly action: AuthorizationPolicy["action"];
  readonly provider?: string | undefined;
  readonly rules: readonly AuthorizationRule[];
}

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

const rule = message(
  "Rule",
  {
    optional: { from: nonEmptyList(from), to: nonEmptyList(to), when: nonEmptyList(condition) },
    inside: { operation: "to", source: "from" },
  },
  (given): AuthorizationRule => ({
    ...(given.from === undefined ? {} : { from: given.from }),
    to: given.to ?? [],
    when: given.when ?? [],
  }),
);

const provider = message("ExtensionProvider", { required: { name: nonEmptyString } }, (given) => given.name);

/** Istio: AuthorizationPolicy. No rules at all: ALLOW then lets nothing through, DENY and CUSTOM would mean nothing. */
const policy = message(
  "AuthorizationPolicy",
  {
    optional: {
      selector: workloadSelector,
      action: enumeration(["ALLOW", "DENY", "AUDIT", "CUSTOM"]),
      provider,
      rules: list(rule),
    },
    refused: TARGET_REFS,
  },
  (given, place): AuthorizationPolicySpec | undefined => {
    const { selector = {}, action = "ALLOW", rules = [] } = given;
    if (!rulesFit(action, rules, place) || !providerFits(action, given.provider, place)) return undefined;
    warnOfClaims(action, rules, place);
    return { selector, action, provider: given.provider, rules };
  },
);

function rulesFit(action: AuthorizationPolicy["action"], rules: readonly AuthorizationRule[], place: Place): boolean {
  if (rules.length > 0 || action === "ALLOW" || action === "AUDIT") return true;
  const path = `${place.path}.rules`;
  reportError(place.context, {
    offset: place.key("action"),
    path,
    message: `${path} is required for the action ${action}`,
    fix: action === "DENY" ? "to deny everything, write rules: [{}]" : "to ask about everything, write rules: [{}]",
  });
  return false;
}

function providerFits(action: AuthorizationPolicy["action"], name: string | undefined, place: Place): boolean {
  if ((action === "CUSTOM") === (name !== undefined)) return true;
  const path = `${place.path}.provider`;
  reportError(
    place.context,
    action === "CUSTOM"
      ? {
          offset: place.key("action"),
          path,
          message: `${path} is required for the action CUSTOM`,
          fix: "add provider: { name: NAME }",
        }
      : {
          offset: place.key("provider"),
          path,
          message: `${path} means nothing to the action ${action}`,
          fix: "leave it out, or write action: CUSTOM",
        },
  );
  return false;
}

/** Istio decides CUSTOM before tokens are checked, so nothing is known about them then. */
function warnOfClaims(action: AuthorizationPolicy["action"], rules: readonly AuthorizationRule[], place: Place): void {
  if (action !== "CUSTOM") return;
  for (const [index, { from: sources = [], when }] of rules.entries()) {
    const asks =
      sources.some((source) => source.requestPrincipals ?? source.notRequestPrincipals) ||
      when.some((one) => "claim" in one || ("attribute" in one && one.attribute.startsWith("request.auth.")));
    if (!asks) continue;
    reportWarning(place.context, {
      offset: place.value("rules", index),
      path: `${place.path}.rules[${index}]`,
      message: `${place.path}.rules[${index}] asks for a token, and CUSTOM is decided before tokens are checked`,
      fix: "let the provider check the token, or write an ALLOW policy beside this one",
    });
  }
}

/** `spec:` without anything below it is the well-known "allow nothing" policy. */
export const authorizationPolicySpec: Decoder<AuthorizationPolicySpec> = (value, path, context) =>
  policy(isNull(value) ? { kind: "map", entries: [], offset: value.offset } : value, path, context);

const DRY_RUN = "istio.io/dry-run";

/** Istio: the annotation is a boolean, and only ALLOW and DENY can be tried out. Reports what does not fit. */
export function dryRunFits(meta: ObjectMeta, spec: Value, context: Context): boolean {
  const written = meta.annotations[DRY_RUN];
  if (written === undefined || written === "false") return true;
  const path = `metadata.annotations["${DRY_RUN}"]`;
  const action = stringAt(spec, "action") ?? "ALLOW";
  const offset = entryOf(spec, "action")?.keyOffset ?? spec.offset;
  if (written !== "true")
    reportError(context, { offset, path, message: `${path} is "${written}"`, allowed: '"true", "false"' });
  else if (action === "CUSTOM" || action === "AUDIT")
    reportError(context, {
      offset,
      path,
      message: `${path} means nothing to the action ${action}`,
      allowed: "the actions ALLOW and DENY",
      fix: "remove the annotation",
    });
  else return true;
  return false;
}

export function buildAuthorizationPolicy(meta: ObjectMeta, spec: AuthorizationPolicySpec): AuthorizationPolicy {
  return defined({
    ref: meta.ref,
    labels: meta.labels,
    ...spec,
    dryRun: meta.annotations[DRY_RUN] === "true" ? true : undefined,
  });
}
