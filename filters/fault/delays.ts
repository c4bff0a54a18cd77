import { HttpContext, PluginContext } from "proxy-wasm-assemblyscript-sdk";
import { monotonicNanoseconds } from "../shell/monotonic-clock";

/** How late a delay may end. The tick runs only while a stream waits. */
const TICK_MS: u32 = 10;
const NANOSECONDS_PER_MS: u64 = 1_000_000;

/** A stream that may wait for the end of a delay. */
export abstract class DelayedStream extends HttpContext {
  before: DelayedStream | null = null;
  after: DelayedStream | null = null;
  isWaiting: bool = false;
  /** Nanoseconds on the monotonic clock. */
  deadline: u64 = 0;

  /** The delay is over. Host calls act on this stream. */
  abstract wake(): void;
}

/** The streams of one plugin that wait, the one that ends first in front. */
export class Delays {
  private first: DelayedStream | null = null;
  private last: DelayedStream | null = null;

  /** Lets a stream wait. Most delays are equal, so that the place of a new stream is nearly always the end. */
  add(stream: DelayedStream, milliseconds: u32): void {
    stream.deadline = monotonicNanoseconds() + <u64>milliseconds * NANOSECONDS_PER_MS;
    let before = this.last;
    while (before !== null && before.deadline > stream.deadline) before = before.before;
    const after = before === null ? this.first : before.after;
    stream.before = before;
    stream.after = after;
    stream.isWaiting = true;
    if (before === null) this.first = stream;
    else before.after = stream;
    if (after === null) this.last = stream;
    else after.before = stream;
    if (before === null && after === null) stream.plugin.setTickPeriod(TICK_MS);
  }

  /** Takes a stream out; one that does not wait is left alone. */
  drop(stream: DelayedStream): void {
    if (!stream.isWaiting) return;
    const before = stream.before;
    const after = stream.after;
    if (before === null) this.first = after;
    else before.after = after;
    if (after === null) this.last = before;
    else after.before = before;
    stream.before = null;
    stream.after = null;
    stream.isWaiting = false;
  }

  /** In the plugin's tick: wakes all whose delay is over. */
  wake(plugin: PluginContext): void {
    const now = monotonicNanoseconds();
    let stream = this.first;
    while (stream !== null && stream.deadline <= now) {
      this.drop(stream);
      stream.activate();
      stream.wake();
      stream = this.first;
    }
    if (stream !== null) return;
    plugin.activate();
    plugin.setTickPeriod(0);
  }
}
