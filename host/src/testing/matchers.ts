import { toText } from "../abi/bytes.ts";
import { LogLevel, MetricType, nameOf } from "../abi/numbers.ts";
import type { LocalReply } from "../core/contexts.ts";
import { HeaderMap } from "../core/header-map.ts";
import type { Metric } from "../core/metrics.ts";
import type { StepResult } from "../core/step.ts";
import type { Measured } from "../observe/index.ts";
import { Host } from "../vm/host.ts";
import { Stream } from "../vm/stream.ts";

/** What a Vitest matcher answers. */
export interface MatcherResult {
  readonly pass: boolean;
  readonly message: () => string;
  readonly actual?: unknown;
  readonly expected?: unknown;
}

/** Whether a HeaderMap, Headers, Request, Response or what a stream has sent has a header; with a value, the first one is it. */
export function toHaveHeader(received: unknown, name: string, value?: string | RegExp): MatcherResult {
  const headers = headersOf(received);
  if (headers === undefined)
    return fail("toHaveHeader takes a HeaderMap, Headers, Request, Response or stream.upstream");
  const actual = headers.find(([key]) => key === name.toLowerCase())?.[1];
  const pass = actual !== undefined && (value === undefined || matches(actual, value));
  const wanted = value === undefined ? name : `${name}: ${String(value)}`;
  const list = headers.map(([key, text]) => `  ${key}: ${text}`).join("\n");
  return {
    pass,
    message: () => `expected ${pass ? "no " : ""}header ${wanted} in\n${list || "  (none)"}`,
    actual,
    expected: value,
  };
}

/** Whether a step holds the stream back without an answer of its own. */
export function toPause(received: unknown): MatcherResult {
  if (!isStep(received)) return fail("toPause takes the result of a step");
  const pass = received.action === "pause" && received.localReply === undefined && received.reset !== true;
  return { pass, message: () => `expected the step ${pass ? "not " : ""}to pause; ${describe(received)}` };
}

/** Whether a step lets the stream go on. */
export function toContinue(received: unknown): MatcherResult {
  if (!isStep(received)) return fail("toContinue takes the result of a step");
  const pass = received.action === "continue" && received.trap === undefined;
  return { pass, message: () => `expected the step ${pass ? "not " : ""}to continue; ${describe(received)}` };
}

/** Whether a step or a stream ended in a local reply of that status, and with that body if one is given. */
export function toReply(received: unknown, status: number, body?: string | RegExp): MatcherResult {
  const reply = replyOf(received);
  const text = reply === undefined ? "" : toText(reply.body);
  const pass = reply?.status === status && (body === undefined || matches(text, body));
  const actual =
    reply === undefined ? "there was no local reply" : `the reply was ${reply.status} ${JSON.stringify(text)}`;
  const wanted = body === undefined ? String(status) : `${status} ${String(body)}`;
  return { pass, message: () => `expected ${pass ? "no " : ""}reply ${wanted}; ${actual}` };
}

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

/** Whether a step ended in a trap, whose message or function has that text. */
export function toTrap(received: unknown, text = ""): MatcherResult {
  if (!isStep(received)) return fail("toTrap takes the result of a step");
  const { trap } = received;
  const pass = trap !== undefined && `${trap.message} ${trap.backtrace.join(" ")}`.includes(text);
  const actual = trap === undefined ? "there was none" : `${trap.message} in ${trap.function}`;
  return { pass, message: () => `expected ${pass ? "no " : ""}trap ${text}; ${actual}` };
}

/** Whether a step or a stream ended in a reset. */
export function toReset(received: unknown): MatcherResult {
  const isStream = received instanceof Stream;
  if (!isStream && !isStep(received)) return fail("toReset takes the result of a step, or a stream");
  const pass = isStream ? received.wasReset : received.reset === true;
  return { pass, message: () => `expected ${pass ? "no reset" : "a reset of the stream"}` };
}

/** Whether what has left the filters towards one side has that body. */
export function toHaveBody(received: unknown, body: string | RegExp | Uint8Array): MatcherResult {
  const bytes = bodyOf(received);
  if (bytes === undefined)
    return fail("toHaveBody takes stream.upstream, stream.downstream, a local reply or a call-out");
  const text = toText(bytes);
  const pass = body instanceof Uint8Array ? Buffer.compare(bytes, body) === 0 : matches(text, body);
  const wanted = body instanceof Uint8Array ? Buffer.from(body).toString("hex") : String(body);
  return { pass, message: () => `expected ${pass ? "no " : ""}body ${wanted}; it is ${JSON.stringify(text)}` };
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

function fail(message: string): MatcherResult {
  return { pass: false, message: () => message };
}

function headersOf(received: unknown): readonly (readonly [string, string])[] | undefined {
  if (received instanceof HeaderMap) return received.toArray();
  if (received instanceof Headers) return [...received];
  if (typeof received === "object" && received !== null && "headers" in received) return headersOf(received.headers);
  return undefined;
}

function bodyOf(received: unknown): Uint8Array | undefined {
  const isObject = typeof received === "object" && received !== null;
  return isObject && "body" in received && received.body instanceof Uint8Array ? received.body : undefined;
}

function valueOf({ type, value, samples }: Metric): string {
  return type === MetricType.Histogram ? String(samples) : String(value);
}

function isMeasured(received: unknown): received is Measured {
  return typeof received === "object" && received !== null && "allocations" in received && "hostCalls" in received;
}

function isStep(received: unknown): received is StepResult {
  return typeof received === "object" && received !== null && "action" in received;
}

function replyOf(received: unknown): LocalReply | undefined {
  if (received instanceof Stream || isStep(received)) return received.localReply;
  return undefined;
}

function describe(step: StepResult): string {
  const { localReply, trap } = step;
  if (trap !== undefined) return `it trapped in ${trap.function}: ${trap.message}`;
  if (localReply !== undefined) return `it replied ${localReply.status} ${JSON.stringify(toText(localReply.body))}`;
  if (step.reset === true) return "it reset the stream";
  return `it ${step.action === "pause" ? "paused" : "continued"} (the module returned ${step.returned ?? "nothing"})`;
}

function matches(actual: string, wanted: string | RegExp): boolean {
  return typeof wanted === "string" ? actual === wanted : wanted.test(actual);
}
