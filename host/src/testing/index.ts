/**
 * Vitest matchers for filters: importing this registers them with `expect`.
 * @example expect(stream.requestHeaders()).toReply(403, "denied");
 */
import { expect } from "vitest";
import type { LogLevel } from "../abi/numbers.ts";
import * as matchers from "./matchers.ts";

declare module "vitest" {
  // The parameters are Vitest's own: an interface is only merged with one of the same.
  interface Matchers<R extends void | Promise<void> = void | Promise<void>, T = unknown> {
    /** A header of a HeaderMap, Headers, Request, Response, stream.upstream or stream.downstream, and its first value. */
    toHaveHeader(name: string, value?: string | RegExp): R;
    /** A step holds the stream back, and has not answered it. */
    toPause(): R;
    /** A step lets the stream go on. */
    toContinue(): R;
    /** A step or stream ended in a local reply. */
    toReply(status: number, body?: string | RegExp): R;
    /** A host has a log record. */
    toLog(text: string | RegExp, level?: LogLevel): R;
    /** A step ended in a trap. */
    toTrap(text?: string): R;
    /** A step or stream ended in a reset. */
    toReset(): R;
    /** The body of stream.upstream, stream.downstream, a local reply or a call-out. */
    toHaveBody(body: string | RegExp | Uint8Array): R;
    /** A host's modules have defined a metric; of a histogram, the samples are the value. */
    toHaveMetric(name: string, value?: number | bigint | readonly (number | bigint)[]): R;
    /** A host's modules have called out to a cluster. */
    toCallOut(cluster: string, path?: string | RegExp): R;
    /** What `host.measure` returned: so many objects were allocated, and no more. */
    toAllocate(count: number): R;
  }
}

expect.extend({ ...matchers });

export { bench, type BenchOptions, type BenchResult, formatBench } from "./bench.ts";
export { type MatcherResult } from "./matchers.ts";
