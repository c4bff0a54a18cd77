import { toText } from "../abi/bytes.ts";
import type { LocalReply } from "../core/contexts.ts";
import { HeaderMap } from "../core/header-map.ts";
import type { StepResult } from "../core/step.ts";
import { Stream } from "../vm/stream.ts";
import { fail, type MatcherResult, matches } from "./matcher-result.ts";

// Matchers of what happens to one stream.

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
