import { Bytes, Counter, log, LogLevel, logEnabled, setProperty, utf8 } from "proxy-wasm-assemblyscript-sdk";
import { writeDecimal } from "../common/decimal";
import { Interner, OVERFLOW } from "../common/interner";
import { stringAt, stringLength } from "../common/program";
import { monotonicNanoseconds } from "../shell/monotonic-clock";
import { Budget } from "./budget";
import { MAX_ACTIVE, MAX_PER_SECOND, NAME, STRINGS } from "./config";

const PROPERTY = utf8("fault_injection");
const MAX_NAMES: i32 = 256;
const MAX_NAME_BYTES: i32 = 512;
const MAX_DIGITS: i32 = 10;

const DELAY_MARK = utf8(";delay=");
const ABORT_MARK = utf8(";abort");
const DRIP_MARK = utf8(";drip=");
const TRUNCATE_MARK = utf8(";truncate=");

const room = new StaticArray<u8>(MAX_NAME_BYTES + 64);
let written = 0;

const names = new Interner(MAX_NAMES, MAX_NAME_BYTES);
const all: Array<NamedInjection> = [];

/**
 * What a proxy remembers of a FaultInjection by its name, so that it outlives the programs that it comes with: its
 * limits, and its counters.
 */
export class NamedInjection {
  private budget: Budget = new Budget();
  private counters: StaticArray<Counter | null> = new StaticArray<Counter | null>(5);

  constructor(private name: string) {}

  /** The one that a rule belongs to; null where there are too many. */
  static of(program: usize, rule: usize): NamedInjection | null {
    const index = load<u32>(rule, NAME);
    const at = stringAt(program, STRINGS, index);
    const id = names.intern(at, stringLength(program, STRINGS, index));
    if (id == OVERFLOW) return null;
    while (<u32>all.length < id)
      all.push(
        new NamedInjection(Bytes.wrap(at, min(stringLength(program, STRINGS, index), MAX_NAME_BYTES)).toString()),
      );
    return all[id - 1];
  }

  /** Whether one more fault is within the limits of the rule; it then counts until `release`. */
  take(rule: usize): bool {
    const maxActive = load<u32>(rule, MAX_ACTIVE);
    const maxPerSecond = load<u32>(rule, MAX_PER_SECOND);
    if (this.budget.take(maxActive, maxPerSecond, maxPerSecond == 0 ? 0 : monotonicNanoseconds())) return true;
    this.count(WITHHELD);
    return false;
  }

  release(): void {
    this.budget.release();
  }

  /** Counts it, logs it, and leaves the name for access logs. */
  tell(kind: i32): void {
    this.count(kind);
    setProperty(PROPERTY, Bytes.encode(this.name));
    if (logEnabled(LogLevel.Info))
      log(LogLevel.Info, "sluice.fault: " + this.name + " has " + wordOf(kind) + " a request");
  }

  /** What the response's header says of it; a view that the next call writes over. */
  mark(delay: u32, isAborted: bool, kibPerSecond: u32, bytes: i32): Bytes {
    written = 0;
    append(Bytes.encode(this.name));
    if (delay > 0) appendNumber(DELAY_MARK, delay);
    if (isAborted) append(ABORT_MARK);
    if (kibPerSecond > 0) appendNumber(DRIP_MARK, kibPerSecond);
    if (bytes >= 0) appendNumber(TRUNCATE_MARK, bytes);
    return Bytes.wrap(changetype<usize>(room), written);
  }

  private count(kind: i32): void {
    let counter = this.counters[kind];
    if (counter === null) {
      counter = Counter.define(Bytes.encode("fault." + this.name + "." + wordOf(kind)));
      this.counters[kind] = counter;
    }
    counter.increment();
  }
}

export const DELAYED: i32 = 0;
export const ABORTED: i32 = 1;
const WITHHELD: i32 = 2;
export const SLOWED: i32 = 3;
export const TRUNCATED: i32 = 4;

const words: StaticArray<string> = ["delayed", "aborted", "withheld", "slowed", "truncated"];

function wordOf(kind: i32): string {
  return words[kind];
}

function append(text: Bytes): void {
  const size = min(text.length, room.length - written);
  memory.copy(changetype<usize>(room) + written, text.ptr, size);
  written += size;
}

function appendNumber(name: Bytes, value: u32): void {
  append(name);
  if (written + MAX_DIGITS <= room.length) written += writeDecimal(value, changetype<usize>(room) + written);
}
