import type { FaultInjection, FaultMatch, FaultStatus } from "../model/fault-injection.ts";
import type { Fault, StringMatch } from "../model/types.ts";
import { delayPoints } from "./fault-delay.ts";
import { NONE, PolicyId } from "./format.ts";
import { assembleProgram, StringTable, Table } from "./program-writer.ts";
import { wholeRegex } from "./regex.ts";

const Flag = { response: 1, byRequestId: 2, mark: 4 } as const;
const Operator = { exact: 1, prefix: 2, present: 3, regex: 4 } as const;
const NEGATED = 0x100;

/** In the place of an HTTP status. */
const KEEP = 0;
const RESET = 1;

/** What a client that speaks no gRPC is answered with a gRPC status: Envoy's fault filter says so, whatever the status. */
const HTTP_STATUS_OF_GRPC = 200;
const ALL_SHARES = 0xffff_ffff;

type Abort = Pick<NonNullable<FaultInjection["abort"]>, "perMillion" | "statuses">;
type Range = readonly [first: number, count: number];

/** What a rule says beyond its condition, as words of its record. */
interface Rule {
  readonly name: number;
  readonly flags: number;
  readonly expiresMs: number;
  readonly attempts: number;
  readonly optOut: number;
  readonly seed: number;
  readonly delay: readonly [perMillion: number, ...points: Range];
  readonly abort: readonly [perMillion: number, ...statuses: Range];
  readonly body: number;
  readonly contentType: number;
  readonly maxActive: number;
  readonly maxPerSecond: number;
  readonly drip: readonly [perMillion: number, kibPerSecond: number];
  readonly truncate: readonly [perMillion: number, bytes: number];
  readonly codes: Range;
}

/**
 * The program of one route's faults. Of the injections (`expiresMs` of each being the end that the filter enforces) the
 * first whose conditions hold acts, alone; where none does, the VirtualService's own fault.
 */
export function compileFault(fault: Fault | undefined, injections: readonly FaultInjection[] = []): Uint8Array {
  const writer = new FaultWriter();
  for (const injection of injections) writer.addInjection(injection);
  if (fault !== undefined) writer.addFault(fault);
  return writer.finish();
}

class FaultWriter {
  readonly #strings = new StringTable();
  readonly #rules = new Table(25);
  readonly #conditions = new Table(3);
  readonly #statuses = new Table(3);
  readonly #points = new Table(2);
  readonly #codes = new Table(2);

  addFault({ delay, abort }: Fault): void {
    const status: FaultStatus =
      abort?.grpcStatus === undefined ? { httpStatus: abort?.httpStatus ?? 503 } : { grpcStatus: abort.grpcStatus };
    this.#addRule([0, 0], {
      name: NONE,
      flags: 0,
      expiresMs: 0,
      attempts: 0,
      optOut: NONE,
      seed: 0,
      delay: this.#delay(
        delay && { perMillion: delay.perMillion, distribution: { kind: "fixed", ms: delay.fixedDelayMs } },
      ),
      abort: this.#abort(abort && { perMillion: abort.perMillion, statuses: [{ weight: 1, status }] }),
      body: NONE,
      contentType: NONE,
      maxActive: 0,
      maxPerSecond: 0,
      drip: [0, 0],
      truncate: [0, 0],
      codes: [0, 0],
    });
  }

  addInjection(injection: FaultInjection): void {
    const { ref, phase, seed, mark, abort, drip, truncate } = injection;
    const rule: Rule = {
      name: this.#strings.intern(`${ref.namespace}/${ref.name}`),
      flags:
        (phase === "RESPONSE" ? Flag.response : 0) |
        (seed === undefined ? 0 : Flag.byRequestId) |
        (mark ? Flag.mark : 0),
      expiresMs: injection.expiresMs,
      attempts: injection.attempts ?? 0,
      optOut: this.#strings.intern(injection.optOutHeader),
      seed: seed ?? 0,
      delay: this.#delay(injection.delay),
      abort: this.#abort(abort),
      body: this.#optional(abort?.body),
      contentType: this.#optional(abort?.contentType),
      maxActive: injection.maxActive ?? 0,
      maxPerSecond: injection.maxPerSecond ?? 0,
      drip: drip === undefined ? [0, 0] : [drip.perMillion, drip.kibPerSecond],
      truncate: truncate === undefined ? [0, 0] : [truncate.perMillion, truncate.bytes],
      codes: this.#codesOf(injection.responseCodes),
    };
    // One rule for each alternative; they share everything else, the limits too.
    const alternatives = injection.match.length > 0 ? injection.match : [undefined];
    for (const match of alternatives) this.#addRule(this.#conditionsOf(match), rule);
  }

  finish(): Uint8Array {
    const tables = [this.#rules, this.#conditions, this.#statuses, this.#points, this.#codes];
    return assembleProgram({ policy: PolicyId.fault, scalars: [], strings: this.#strings, tables });
  }

  #addRule(conditions: Range, rule: Rule): void {
    const { name, flags, expiresMs, attempts, optOut, seed, delay, abort, body, contentType } = rule;
    const expiry = [expiresMs % 2 ** 32, Math.floor(expiresMs / 2 ** 32)];
    const limits = [rule.maxActive, rule.maxPerSecond];
    const who = [name, flags, ...conditions, ...expiry, attempts, optOut, seed];
    const later = [...rule.drip, ...rule.truncate, ...rule.codes];
    this.#rules.add(...who, ...delay, ...abort, body, contentType, ...limits, ...later);
  }

  #delay(delay: FaultInjection["delay"]): Rule["delay"] {
    const first = this.#points.count;
    if (delay === undefined) return [0, first, 0];
    for (const { share, ms } of delayPoints(delay.distribution)) this.#points.add(Math.round(share * ALL_SHARES), ms);
    return [delay.perMillion, first, this.#points.count - first];
  }

  #abort(abort: Abort | undefined): Rule["abort"] {
    const first = this.#statuses.count;
    let total = 0;
    for (const { weight, status } of abort?.statuses ?? []) {
      total += weight;
      this.#statuses.add(total, ...statusWords(status));
    }
    return [abort?.perMillion ?? 0, first, this.#statuses.count - first];
  }

  #codesOf(ranges: FaultInjection["responseCodes"]): Range {
    const first = this.#codes.count;
    for (const range of ranges) this.#codes.add(...range);
    return [first, this.#codes.count - first];
  }

  #conditionsOf(match: FaultMatch | undefined): Range {
    const first = this.#conditions.count;
    if (match?.method) this.#addCondition(":method", match.method, 0);
    if (match?.uri) this.#addCondition(":path", match.uri, 0);
    for (const [header, value] of sortedEntries(match?.headers)) this.#addCondition(header, value, 0);
    for (const [header, value] of sortedEntries(match?.withoutHeaders)) this.#addCondition(header, value, NEGATED);
    return [first, this.#conditions.count - first];
  }

  #addCondition(header: string, match: StringMatch, negated: number): void {
    const [operator, value] = this.#operand(match);
    this.#conditions.add(this.#strings.intern(header), operator | negated, value);
  }

  #operand(match: StringMatch): readonly [operator: number, text: number] {
    if ("exact" in match) return [Operator.exact, this.#strings.intern(match.exact)];
    if ("prefix" in match) return [Operator.prefix, this.#strings.intern(match.prefix)];
    if ("regex" in match) return [Operator.regex, this.#strings.internBytes(wholeRegex(match.regex))];
    return [Operator.present, this.#strings.intern("")];
  }

  #optional(text: string | undefined): number {
    return text === undefined ? NONE : this.#strings.intern(text);
  }
}

function statusWords(status: FaultStatus): readonly [http: number, grpc: number] {
  if ("httpStatus" in status) return [status.httpStatus, NONE];
  if ("grpcStatus" in status) return [HTTP_STATUS_OF_GRPC, status.grpcStatus];
  return ["reset" in status ? RESET : KEEP, NONE];
}

function sortedEntries<T>(map: Readonly<Record<string, T>> = {}): readonly (readonly [string, T])[] {
  return Object.entries(map).toSorted(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
}
