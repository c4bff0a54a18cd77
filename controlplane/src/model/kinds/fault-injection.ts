import { describe } from "../../config/value.ts";
import { list, mapOf, nonEmptyList } from "../decode/collections.ts";
import { reportError } from "../decode/context.ts";
import { refine, type Decoder } from "../decode/decoder.ts";
import { durationMs } from "../decode/duration.ts";
import { defined, message, type Place } from "../decode/message.ts";
import { fullHost, headerName, hostPattern } from "../decode/names.ts";
import { boolean, enumeration, integer, nonEmptyString, string, uint32 } from "../decode/scalars.ts";
import type { FaultInjection, FaultMatch } from "../fault-injection.ts";
import type { ObjectMeta } from "../object-meta.ts";
import { compileRegex, wholeMatch } from "../regex/byte-program.ts";
import type { StringMatch } from "../types.ts";
import { injectedAbort } from "./fault-injection-abort.ts";
import { injectedDelay } from "./fault-injection-delay.ts";
import { percentage } from "./percentage.ts";
import { workloadSelector } from "./selector.ts";
import { stringMatch } from "./string-match.ts";

type FaultInjectionSpec = Omit<FaultInjection, "ref" | "labels">;

const OPT_OUT = "x-sluice-no-fault";
const MIN_LEASE_MS = 3000;

/** The whole value has to match an expression, as Envoy has it. */
const textMatch: Decoder<StringMatch> = refine(stringMatch, (match, value, path, context) => {
  if (!("regex" in match)) return match;
  const compiled = compileRegex(wholeMatch(match.regex), 0);
  if ("bytes" in compiled) return match;
  return reportError(context, {
    offset: value.offset,
    path,
    message: `${path} has too big a regular expression: ${compiled.problem}`,
    fix: "use shorter repetitions, and classes of fewer characters",
  });
});
const headerMatches = mapOf(textMatch, headerName(false));

const faultMatch = message(
  "FaultInjectionMatch",
  {
    optional: { method: textMatch, uri: textMatch, headers: headerMatches, withoutHeaders: headerMatches },
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

/** One status, or all of a hundred: `5xx`. */
const statusRange: Decoder<readonly [number, number]> = (value, path, context) => {
  const [, hundred, code] = /^(?:([2-5])xx|([2-5]\d\d))$/.exec(value.kind === "scalar" ? value.source : "") ?? [];
  if (code !== undefined) return [Number(code), Number(code)];
  if (hundred !== undefined) return [Number(hundred) * 100, Number(hundred) * 100 + 99];
  return reportError(context, {
    offset: value.offset,
    path,
    message: `${path} is ${describe(value)}, which is no status`,
    allowed: "200 to 599, 2xx to 5xx",
  });
};

const drip = message(
  "FaultInjectionDrip",
  {
    required: { percentage, kibPerSecond: integer(1, 1_000_000) },
    examples: { percentage: "{ value: 10 }", kibPerSecond: "1" },
  },
  ({ percentage: perMillion, kibPerSecond }) => ({ perMillion, kibPerSecond }),
);

const truncate = message(
  "FaultInjectionTruncation",
  {
    required: { percentage, bytes: integer(0, 1_000_000_000) },
    examples: { percentage: "{ value: 10 }", bytes: "100" },
  },
  ({ percentage: perMillion, bytes }) => ({ perMillion, bytes }),
);

const optional = {
  routes: list(nonEmptyString),
  side: enumeration(["CLIENT", "SERVER"]),
  selector: workloadSelector,
  match: list(faultMatch),
  phase: enumeration(["REQUEST", "RESPONSE"]),
  delay: injectedDelay,
  abort: injectedAbort,
  drip,
  truncate,
  responseCodes: list(statusRange),
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
    inside: {
      httpStatus: "abort",
      grpcStatus: "abort",
      percentage: "delay, abort, drip or truncate",
      matchLabels: "selector",
    },
    examples: { hosts: "[NAME]", expires: "2030-01-31T18:00:00Z" },
  },
  (given, place): FaultInjectionSpec | undefined => {
    const side = given.side ?? "CLIENT";
    const phase = given.phase ?? "REQUEST";
    const routes = given.routes ?? [];
    const responseCodes = given.responseCodes ?? [];
    if (!isSensible({ ...given, side, phase, routes, responseCodes }, place)) return undefined;
    return defined({
      hosts: given.hosts.map((host) => fullHost(host, place.context.ref.namespace)),
      routes,
      side,
      selector: given.selector ?? {},
      match: given.match ?? [],
      phase,
      delay: given.delay,
      abort: given.abort,
      drip: given.drip,
      truncate: given.truncate,
      responseCodes,
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

type Checked = Pick<FaultInjectionSpec, "side" | "phase" | "routes" | "responseCodes"> & {
  readonly [Fault in "delay" | "abort" | "drip" | "truncate"]: FaultInjection[Fault] | undefined;
};

function isSensible({ side, phase, routes, responseCodes, ...faults }: Checked, place: Place): boolean {
  const report = (field: string, text: string, fix: string): boolean => {
    const path = field === "" ? place.path : `${place.path}.${field}`;
    const offset = field === "" ? place.offset : place.key(field);
    reportError(place.context, { offset, path, message: `${path} ${text}`, fix });
    return false;
  };
  const { delay, abort, drip: slowness, truncate: cut } = faults;
  if ([delay, abort, slowness, cut].every((fault) => fault === undefined)) {
    return report("", "must have a delay or an abort", "add abort: { percentage: { value: 1 }, httpStatus: 503 }");
  }
  if (side === "SERVER" && routes.length > 0) {
    return report("routes", "are the client's, and a sidecar's own program has none", "leave it out, or match the uri");
  }
  const keeps = abort?.statuses.some(({ status }) => "keep" in status) ?? false;
  if (keeps && phase === "REQUEST") {
    return report("abort", "has a body and no status, before there is an answer", "add a status, or phase: RESPONSE");
  }
  if (responseCodes.length === 0) return true;
  if (phase === "REQUEST")
    return report("responseCodes", "are not known before there is an answer", "add phase: RESPONSE");
  const early = slowness === undefined ? (cut === undefined ? undefined : "truncate") : "drip";
  if (early === undefined) return true;
  return report(early, "is decided before the response's code is known", "put it into a FaultInjection of its own");
}

export function buildFaultInjection(meta: ObjectMeta, spec: FaultInjectionSpec): FaultInjection {
  return { ref: meta.ref, labels: meta.labels, ...spec };
}
