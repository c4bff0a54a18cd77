import { describe } from "../../config/value.ts";
import { reportError } from "./context.ts";
import type { Decoder } from "./decoder.ts";

const UNIT_NANOSECONDS: Readonly<Record<string, number>> = {
  ns: 1,
  us: 1e3,
  µs: 1e3,
  μs: 1e3,
  ms: 1e6,
  s: 1e9,
  m: 60e9,
  h: 3600e9,
};

/** Go's time.ParseDuration, in nanoseconds: `1h30m`, `0.5s`, `500ms`. Undefined for anything else, also a bare number. */
export function parseDuration(text: string): number | undefined {
  const match = /^([-+]?)((?:(?:\d+\.?\d*|\.\d+)(?:ns|us|µs|μs|ms|s|m|h))+)$/.exec(text);
  if (match?.[2] === undefined) return text === "0" ? 0 : undefined;
  let total = 0;
  for (const [, amount, unit] of match[2].matchAll(/(\d+\.?\d*|\.\d+)(ns|us|µs|μs|ms|s|m|h)/g)) {
    total += Number(amount) * (UNIT_NANOSECONDS[unit ?? ""] ?? Number.NaN);
  }
  return match[1] === "-" ? -total : total;
}

/** What a number with no unit, or with one in words or beyond hours, was most likely to be. */
function fixFor(text: string): string | undefined {
  const [, amount = "", unit = ""] = /^(\d+(?:\.\d+)?) *([a-z]*)$/i.exec(text) ?? [];
  if (!(Number(amount) > 0)) return undefined;
  if (unit === "") return `add the unit: ${amount}s`;
  if (/^d(ays?)?$/i.test(unit)) return `write ${Number(amount) * 24}h`;
  const written = UNIT_WORDS.find(([words]) => words.test(unit))?.[1];
  return written === undefined ? undefined : `write ${amount}${written}`;
}

const UNIT_WORDS: readonly (readonly [words: RegExp, unit: string])[] = [
  [/^(ms|msecs?|millis|milliseconds?)$/i, "ms"],
  [/^(s|secs?|seconds?)$/i, "s"],
  [/^(m|mins?|minutes?)$/i, "m"],
  [/^(h|hrs?|hours?)$/i, "h"],
];

/**
 * A protobuf Duration in milliseconds. Istio (ValidateDuration) wants at least one millisecond, and whole ones; one year
 * is Sluice's own upper limit, far below what overflows in a proxy's timers.
 */
export const durationMs: Decoder<number> = (value, path, context) => {
  const allowed = "a duration of at least 1ms such as 500ms, 7s, 1m or 1h30m";
  const text = value.kind === "scalar" ? value.source : "";
  const nanoseconds = parseDuration(text);
  if (nanoseconds === undefined || (text === "0" && value.kind === "scalar" && typeof value.value === "number")) {
    const fix = fixFor(text);
    return reportError(context, {
      offset: value.offset,
      path,
      message: `${path} must be a duration with a unit, not ${describe(value)}`,
      allowed,
      fix,
    });
  }
  const milliseconds = Math.round(nanoseconds / 1e6);
  if (nanoseconds < 1e6)
    return reportError(context, {
      offset: value.offset,
      path,
      message: `${path} is ${text}, which is less than 1ms`,
      allowed,
    });
  if (Math.abs(nanoseconds - milliseconds * 1e6) > 0.5) {
    return reportError(context, {
      offset: value.offset,
      path,
      message: `${path} is ${text}, which is not a whole number of milliseconds`,
      allowed,
    });
  }
  if (milliseconds > 365 * 86_400_000)
    return reportError(context, {
      offset: value.offset,
      path,
      message: `${path} is ${text}, which is more than a year`,
      allowed,
    });
  return milliseconds;
};
