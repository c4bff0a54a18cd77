import { base64Decode, base64DecodedLength } from "./base64";
import { copyBytes, hashBytes, sameBytes } from "./bytes";
import { OK } from "./program";

/** The program was not even base64. */
export const NOT_BASE64: i32 = 100;

const SLOTS: i32 = 128;
const MAX_PROGRAMS: i32 = 1024;

/** A program as a route carries it: its text, what it decodes to, and whether that may be run. */
export class RouteProgram {
  next: RouteProgram | null = null;
  /** Set by who logs a refusal, so that a bad program is logged once and not with every request. */
  reported: bool = false;

  constructor(
    public hash: u32,
    public text: StaticArray<u8>,
    public bytes: StaticArray<u8>,
    public reason: i32,
  ) {}

  get isSound(): bool {
    return this.reason == OK;
  }

  get address(): usize {
    return changetype<usize>(this.bytes);
  }
}

/**
 * Programs that came with routes, by the text they came as: decoded and checked once, whatever number of routes and
 * requests bring them. Bounded: when it is full it starts anew (streams keep the programs that they use).
 */
export class ProgramCache {
  private slots: StaticArray<RouteProgram | null> = new StaticArray<RouteProgram | null>(SLOTS);
  private latest: RouteProgram | null = null;
  private count: i32 = 0;

  constructor(private check: (program: usize, length: i32) => i32) {}

  /** The program that `length` characters of base64 stand for, sound or not. */
  find(text: usize, length: i32): RouteProgram {
    const latest = this.latest;
    if (latest !== null && holds(latest, text, length)) return latest;
    const hash = hashBytes(text, length);
    const slot = <i32>hash & (SLOTS - 1);
    let program = this.slots[slot];
    while (program !== null && !(program.hash == hash && holds(program, text, length))) program = program.next;
    const found = program !== null ? program : this.add(hash, text, length);
    this.latest = found;
    return found;
  }

  private add(hash: u32, text: usize, length: i32): RouteProgram {
    if (this.count == MAX_PROGRAMS) {
      this.slots = new StaticArray<RouteProgram | null>(SLOTS);
      this.count = 0;
    }
    const bytes = new StaticArray<u8>(max(base64DecodedLength(text, length), 0));
    const decoded = base64Decode(text, length, changetype<usize>(bytes));
    const reason = decoded ? this.check(changetype<usize>(bytes), bytes.length) : NOT_BASE64;
    const program = new RouteProgram(hash, copyBytes(text, length), bytes, reason);
    const slot = <i32>hash & (SLOTS - 1);
    program.next = this.slots[slot];
    this.slots[slot] = program;
    this.count++;
    return program;
  }
}

function holds(program: RouteProgram, text: usize, length: i32): bool {
  return program.text.length == length && sameBytes(changetype<usize>(program.text), text, length);
}
