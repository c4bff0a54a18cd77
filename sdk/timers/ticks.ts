import { Status } from "../abi/enums";
import { proxy_set_tick_period_milliseconds } from "../abi/imports";
import { monotonicNanoseconds } from "../http/clock";
import { Timer, TimerQueue } from "./timer-queue";

const NANOSECONDS_PER_MS: u64 = 1_000_000;
const NEVER: u64 = u64.MAX_VALUE;

/**
 * The host has one tick for a plugin. A plugin with timers gets its own ticks and its timers from it: the host is always
 * asked for the time until the next of them.
 */
@unmanaged
export class Ticks {
  timers: TimerQueue;
  /** The plugin's own period in nanoseconds; 0 when it wants no ticks. */
  private period: u64;
  private nextTick: u64;
  /** When the host will tick, as far as it was asked; NEVER when it will not. */
  private armed: u64;
  /** What the host's period is now, in milliseconds. */
  private armedPeriod: u32;
  /** While a tick is served, the host is asked once, at its end. */
  private isServing: bool;

  /** @param milliseconds the period that the plugin had before its first timer */
  static create(milliseconds: u32): Ticks {
    const ticks = changetype<Ticks>(heap.alloc(offsetof<Ticks>()));
    ticks.timers = TimerQueue.create();
    ticks.period = <u64>milliseconds * NANOSECONDS_PER_MS;
    ticks.nextTick = milliseconds ? monotonicNanoseconds() + ticks.period : NEVER;
    ticks.armed = ticks.nextTick;
    ticks.armedPeriod = milliseconds;
    ticks.isServing = false;
    return ticks;
  }

  /** Gives the memory back; it must not be used again. */
  free(): void {
    this.timers.free();
    heap.free(changetype<usize>(this));
  }

  /** The plugin's own ticks. 0 ends them. */
  setPeriod(milliseconds: u32): Status {
    const now = monotonicNanoseconds();
    this.period = <u64>milliseconds * NANOSECONDS_PER_MS;
    this.nextTick = milliseconds ? now + this.period : NEVER;
    return this.isServing ? Status.Ok : this.arm(now);
  }

  /** Sets a timer; 0 when the host does not tick. */
  setTimer(milliseconds: u32, owner: u32, tag: u32): u32 {
    const now = monotonicNanoseconds();
    // Not before the next tick, so that a timer which sets itself again cannot keep a tick from ending.
    const deadline = now + <u64>max(milliseconds, 1) * NANOSECONDS_PER_MS;
    const id = this.timers.add(deadline, owner, tag);
    if (this.isServing || deadline >= this.armed) return id;
    if (this.arm(now) == Status.Ok) return id;
    this.timers.cancel(id, owner);
    return 0;
  }

  /** A tick begins; answers its time. */
  begin(): u64 {
    this.isServing = true;
    return monotonicNanoseconds();
  }

  /** The next timer that is due at `now`; null when none is. */
  takeDue(now: u64): Timer | null {
    return this.timers.takeDue(now);
  }

  /** Whether the plugin's own tick is due; the next one is then a period later. */
  takeTick(now: u64): bool {
    if (this.nextTick > now) return false;
    this.nextTick = now + this.period;
    return true;
  }

  /** A tick has ended. */
  end(): void {
    this.isServing = false;
    const armedPeriod = this.armedPeriod;
    const milliseconds = this.untilNext(monotonicNanoseconds());
    // The host goes on with its period by itself.
    if (milliseconds != armedPeriod) this.setHostPeriod(milliseconds);
  }

  private arm(now: u64): Status {
    return this.setHostPeriod(this.untilNext(now));
  }

  /** Milliseconds until the next timer or tick, 0 when there is none. */
  private untilNext(now: u64): u32 {
    const next = min(this.timers.firstDeadline, this.nextTick);
    this.armed = next;
    if (next == NEVER) return 0;
    const left = next > now ? next - now : 0;
    return <u32>max<u64>(1, min<u64>(i32.MAX_VALUE, (left + NANOSECONDS_PER_MS - 1) / NANOSECONDS_PER_MS));
  }

  private setHostPeriod(milliseconds: u32): Status {
    this.armedPeriod = milliseconds;
    return proxy_set_tick_period_milliseconds(milliseconds);
  }
}
