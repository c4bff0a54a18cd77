import { isDeepStrictEqual } from "node:util";
import type { Observation } from "./observation.ts";

/** One thing that the in-process host and Envoy tell differently. */
export interface Difference {
  /** Such as `response 1: status` or `log line 3`. */
  readonly what: string;
  /** As JSON; `(nothing)` for what there is not. */
  readonly inProcess: string;
  readonly envoy: string;
}

/** Everything in which two observations differ; none when the hosts agree. */
export function differences(inProcess: Observation, envoy: Observation): readonly Difference[] {
  if (inProcess.refused !== envoy.refused)
    return [difference("configuration refused", inProcess.refused, envoy.refused)];
  return [
    ...lists("response", inProcess.responses, envoy.responses),
    ...lists("upstream request", inProcess.upstream, envoy.upstream),
    ...lists("log line", inProcess.logs, envoy.logs),
    ...fields("metric ", inProcess.metrics, envoy.metrics),
  ];
}

/** The differences for people, one a block; the empty text when there is none. */
export function describeDifferences(title: string, all: readonly Difference[]): string {
  if (all.length === 0) return "";
  const blocks = all.map(
    ({ what, inProcess, envoy }) => `  ${what}\n    in process: ${inProcess}\n    Envoy:      ${envoy}`,
  );
  return `${title}: the in-process host and Envoy differ in ${all.length === 1 ? "one thing" : `${all.length} things`}\n${blocks.join("\n")}`;
}

function lists(what: string, one: readonly unknown[], other: readonly unknown[]): readonly Difference[] {
  const count = Math.max(one.length, other.length);
  const all: Difference[] = [];
  for (let index = 0; index < count; index++) {
    const [left, right] = [one[index], other[index]];
    const name = `${what} ${index + 1}`;
    if (isRecord(left) && isRecord(right)) all.push(...fields(`${name}: `, left, right));
    else if (!isDeepStrictEqual(left, right)) all.push(difference(name, left, right));
  }
  return all;
}

function fields(prefix: string, one: object, other: object): readonly Difference[] {
  const [left, right] = [
    new Map<string, unknown>(Object.entries(one)),
    new Map<string, unknown>(Object.entries(other)),
  ];
  const names = new Set([...left.keys(), ...right.keys()]);
  return [...names]
    .filter((name) => !isDeepStrictEqual(left.get(name), right.get(name)))
    .map((name) => difference(`${prefix}${name}`, left.get(name), right.get(name)));
}

function difference(what: string, inProcess: unknown, envoy: unknown): Difference {
  return { what, inProcess: shown(inProcess), envoy: shown(envoy) };
}

function shown(value: unknown): string {
  return value === undefined ? "(nothing)" : JSON.stringify(value);
}

function isRecord(value: unknown): value is object {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
