import { describe } from "../../config/value.ts";
import { list, mapOf, nonEmptyList } from "../decode/collections.ts";
import { reportError, reportUnsupported } from "../decode/context.ts";
import { refine, type Decoder } from "../decode/decoder.ts";
import { durationMs } from "../decode/duration.ts";
import { defined, message, type Place } from "../decode/message.ts";
import { fullHost, headerName, hostPattern } from "../decode/names.ts";
import { boolean, enumeration, integer, nonEmptyString, string, uint32 } from "../decode/scalars.ts";
import type { FaultInjection, FaultMatch } from "../fault-injection.ts";
import type { ObjectMeta } from "../object-meta.ts";
import type { StringMatch } from "../types.ts";
import { injectedAbort } from "./fault-injection-abort.ts";
import { injectedDelay } from "./fault-injection-delay.ts";
import { workloadSelector } from "./selector.ts";
import { stringMatch } from "./string-match.ts";

type FaultInjectionSpec = Omit<FaultInjection, "ref" | "labels">;

const OPT_OUT = "x-sluice-no-fault";
const MIN_LEASE_MS = 3000;

const plainMatch: Decoder<StringMatch> = refine(stringMatch, (match, value, path, context) =>
  "regex" in match ? reportUnsupported(context, value.offset, path, `${path}: a regular expression`) : match,
);
const headerMatches = mapOf(plainMatch, headerName(false));

const faultMatch = message(
  "FaultInjectionMatch",
  {
    optional: { method: plainMatch, uri: plainMatch, headers: headerMatches, withoutHeaders: headerMatches },
    inside: { exact: "uri", prefix: "uri" },
  },
  (given): FaultMatch =>
    defined({
      method: given.method,
      uri: given.uri,
      headers: given.headers ?? {},
      withoutHeaders: given.withoutHeaders ?? {},
    }),
);

/** RFC 3339, in milliseconds since 1970. */
const timestamp: Decoder<number> = refine(string, (text, value, path, context) => {
  const isWhole = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[-+]\d\d:\d\d)$/.test(text);
  // oxlint-disable-next-line no-restricted-globals -- a time with its zone: to parse it asks no clock
  const ms = isWhole ? Date.parse(text) : Number.NaN;
  if (ms > 0) return ms;
  return reportError(context, {
    offset: value.offset,
    path,
    message: `${path} is ${describe(value)}, which is not a time`,
    allowed: "date, time and zone, such as 2030-01-31T18:00:00Z",
  });
});

const lease: Decoder<number> = refine(durationMs, (ms, value, path, context) => {
  if (ms >= MIN_LEASE_MS) return ms;
  return reportError(context, {
    offset: value.offset,
    path,
    message: `${path} is too short: it is renewed three times in its length`,
    allowed: "3s or more",
  });
});

const limits = message(
  "FaultInjectionLimits",
  { optional: { active: integer(1, 1_000_000), perSecond: integer(1, 1_000_000) } },
  (given) => given,
);

const optional = {
  routes: list(nonEmptyString),
  side: enumeration(["CLIENT", "SERVER"]),
  selector: workloadSelector,
  match: list(faultMatch),
  phase: enumeration(["REQUEST", "RESPONSE"]),
  delay: injectedDelay,
  abort: injectedAbort,
  attempts: integer(1, 1000),
  limits,
  seed: uint32,
  lease,
  optOutHeader: headerName(false),
  mark: boolean,
};

/** Sluice's own: what happens to requests of some routes, until when, and within which limits. */
export const faultInjectionSpec = message(
  "FaultInjection",
  {
    required: { hosts: nonEmptyList(hostPattern), expires: timestamp },
    optional,
    inside: { httpStatus: "abort", grpcStatus: "abort", percentage: "delay or abort", matchLabels: "selector" },
    examples: { hosts: "[NAME]", expires: "2030-01-31T18:00:00Z" },
  },
  (given, place): FaultInjectionSpec | undefined => {
    const side = given.side ?? "CLIENT";
    const phase = given.phase ?? "REQUEST";
    const routes = given.routes ?? [];
    if (!isSensible({ ...given, side, phase, routes }, place)) return undefined;
    return defined({
      hosts: given.hosts.map((host) => fullHost(host, place.context.ref.namespace)),
      routes,
      side,
      selector: given.selector ?? {},
      match: given.match ?? [],
      phase,
      delay: given.delay,
      abort: given.abort,
      attempts: given.attempts,
      maxActive: given.limits?.active,
      maxPerSecond: given.limits?.perSecond,
      seed: given.seed,
      expiresMs: given.expires,
      leaseMs: given.lease,
      optOutHeader: given.optOutHeader ?? OPT_OUT,
      mark: given.mark ?? true,
    });
  },
);

function isSensible(
  {
    side,
    phase,
    routes,
    delay,
    abort,
  }: Pick<FaultInjectionSpec, "side" | "phase" | "routes"> & {
    readonly delay: unknown;
    readonly abort: FaultInjection["abort"];
  },
  place: Place,
): boolean {
  const report = (field: string, text: string, fix: string): boolean => {
    const path = field === "" ? place.path : `${place.path}.${field}`;
    const offset = field === "" ? place.offset : place.key(field);
    reportError(place.context, { offset, path, message: `${path} ${text}`, fix });
    return false;
  };
  if (delay === undefined && abort === undefined) {
    return report("", "must have a delay or an abort", "add abort: { percentage: { value: 1 }, httpStatus: 503 }");
  }
  if (side === "SERVER" && routes.length > 0) {
    return report("routes", "are the client's, and a sidecar's own program has none", "leave it out, or match the uri");
  }
  const keeps = abort?.statuses.some(({ status }) => "keep" in status) ?? false;
  if (keeps && phase === "REQUEST") {
    return report("abort", "has a body and no status, before there is an answer", "add a status, or phase: RESPONSE");
  }
  return true;
}

export function buildFaultInjection(meta: ObjectMeta, spec: FaultInjectionSpec): FaultInjection {
  return { ref: meta.ref, labels: meta.labels, ...spec };
}
