import { LogLevel, MetricType, nameOf } from "../abi/numbers.ts";
import type { Metric } from "../core/metrics.ts";
import { type MisuseKind, misuseText } from "../core/misuse.ts";
import { growthText, isGrowing, type Measured } from "../observe/index.ts";
import { Host } from "../vm/host.ts";
import { Plugin } from "../vm/plugin.ts";
import { fail, type MatcherResult, matches } from "./matcher-result.ts";

// Matchers of a host: what its modules have logged, counted, asked for, used up, and used wrongly.

/** Whether a module (or the host about it) has logged a text, at that level if one is given. */
export function toLog(received: unknown, text: string | RegExp, level?: LogLevel): MatcherResult {
  if (!(received instanceof Host)) return fail("toLog takes a host");
  const pass = received.logs.some(
    (record) =>
      (typeof text === "string" ? record.message.includes(text) : text.test(record.message)) &&
      (level === undefined || record.level === level),
  );
  const list = received.logs.map(
    (record) => `  ${nameOf(LogLevel, record.level)} (${record.source}): ${record.message}`,
  );
  const at = level === undefined ? "" : ` at ${nameOf(LogLevel, level)}`;
  return {
    pass,
    message: () =>
      `expected ${pass ? "no " : ""}log ${String(text)}${at} in\n${list.join("\n") || "  (nothing was logged)"}`,
  };
}

/** Whether a module has defined a metric, with that value if one is given; of a histogram, the samples. */
export function toHaveMetric(
  received: unknown,
  name: string,
  value?: number | bigint | readonly (number | bigint)[],
): MatcherResult {
  if (!(received instanceof Host)) return fail("toHaveMetric takes a host");
  const metric = received.metrics.all().find((candidate) => candidate.name === name);
  const list = received.metrics.all().map((one) => `  ${one.name}: ${valueOf(one)}`);
  const wanted = value === undefined ? undefined : String(value);
  const pass = metric !== undefined && (wanted === undefined || valueOf(metric) === wanted);
  return {
    pass,
    message: () =>
      `expected ${pass ? "no " : ""}metric ${name}${wanted === undefined ? "" : ` of ${wanted}`} in\n${list.join("\n") || "  (none)"}`,
  };
}

/** Whether modules have called out to a cluster so far, to that path if one is given. */
export function toCallOut(received: unknown, cluster: string, path?: string | RegExp): MatcherResult {
  if (!(received instanceof Host)) return fail("toCallOut takes a host");
  const pass = received.requests.some(
    (request) => request.cluster === cluster && (path === undefined || matches(request.path, path)),
  );
  const list = received.requests.map((request) => `  ${request.cluster}: ${request.method} ${request.path}`);
  const wanted = path === undefined ? cluster : `${cluster} ${String(path)}`;
  return {
    pass,
    message: () => `expected ${pass ? "no " : ""}call-out to ${wanted} in\n${list.join("\n") || "  (none)"}`,
  };
}

/** Whether the modules of a `host.measure` allocated that many objects, and no more. */
export function toAllocate(received: unknown, count: number): MatcherResult {
  if (!isMeasured(received)) return fail("toAllocate takes what host.measure returns");
  const { allocations } = received;
  if (allocations === undefined) {
    return fail(
      "the module has no names, so nobody knows what allocates in it: build it with --debug, or for debugging",
    );
  }
  const pass = allocations.count === count;
  const actual = `${allocations.count} of ${allocations.bytes} bytes`;
  return { pass, message: () => `expected ${pass ? "any number but " : ""}${count} allocations; there were ${actual}` };
}

/** Whether a host's modules, or a test of them, have used it wrongly: in that way and with those words, if given. */
export function toHaveMisuse(received: unknown, kind?: MisuseKind, text?: string | RegExp): MatcherResult {
  if (!(received instanceof Host)) return fail("toHaveMisuse takes a host");
  const found = received.misuses.filter(
    (misuse) =>
      (kind === undefined || misuse.kind === kind) &&
      (text === undefined || (typeof text === "string" ? misuse.what.includes(text) : text.test(misuse.what))),
  );
  const pass = found.length > 0;
  const list = (pass ? found : received.misuses).map((misuse) => `  ${misuse.kind}: ${misuseText(misuse)}`);
  const wanted = `misuse${kind === undefined ? "" : ` ${kind}`}${text === undefined ? "" : ` with ${String(text)}`}`;
  return {
    pass,
    message: () => `expected ${pass ? "no" : "a"} ${wanted}; there was\n${list.join("\n") || "  (none)"}`,
  };
}

/** Whether a plugin's VM grows with every run of something, over so many of them. */
export async function toGrowOver(received: unknown, times: number, run: () => unknown): Promise<MatcherResult> {
  if (!(received instanceof Plugin)) return fail("toGrowOver takes a plugin");
  const grown = await received.growth(times, run);
  const pass = isGrowing(grown);
  return { pass, message: () => `expected the plugin ${pass ? "not " : ""}to grow; it grew by ${growthText(grown)}` };
}

function valueOf({ type, value, samples }: Metric): string {
  return type === MetricType.Histogram ? String(samples) : String(value);
}

function isMeasured(received: unknown): received is Measured {
  return typeof received === "object" && received !== null && "allocations" in received && "hostCalls" in received;
}
