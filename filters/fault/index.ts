import {
  getProperty,
  HeadersAction,
  HttpContext,
  log,
  LogLevel,
  nowNanoseconds,
  PluginContext,
  randomU64,
  registerPlugin,
  sendLocalResponse,
  utf8,
} from "proxy-wasm-assemblyscript-sdk";
import { ProgramCache, RouteProgram } from "../common/program-cache";
import { reasonText } from "../common/program-error";
import { check } from "./config";
import { abortGrpcStatus, aborts, abortStatus, delayMs } from "./decide";

const PROGRAM = utf8("xds\0route_metadata\0filter_metadata\0sluice\0fault");
const ABORT_BODY = utf8("fault filter abort");
const ABORT_DETAILS = utf8("fault_filter_abort");

/** How late a delay may end. The tick runs only while a request waits. */
const TICK_MS: u32 = 10;
const NANOSECONDS_PER_MS: u64 = 1_000_000;

const programs = new ProgramCache(check);

class Fault extends PluginContext {
  /** Waiting streams, the one that ends first in front. */
  private first: FaultStream | null = null;
  private last: FaultStream | null = null;

  createHttpContext(): HttpContext {
    return new FaultStream();
  }

  /** Most delays are equal, so that the place of a new stream is nearly always the end. */
  wait(stream: FaultStream): void {
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
    if (before === null && after === null) this.setTickPeriod(TICK_MS);
  }

  /** Takes a stream out of the list; one that does not wait is left alone. */
  drop(stream: FaultStream): void {
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

  onTick(): void {
    const now = nowNanoseconds();
    let stream = this.first;
    while (stream !== null && stream.deadline <= now) {
      this.drop(stream);
      stream.activate();
      stream.wake();
      stream = this.first;
    }
    if (stream !== null) return;
    this.activate();
    this.setTickPeriod(0);
  }
}

class FaultStream extends HttpContext {
  before: FaultStream | null = null;
  after: FaultStream | null = null;
  isWaiting: bool = false;
  /** Nanoseconds on the host's clock. */
  deadline: u64 = 0;
  private program: RouteProgram | null = null;

  reset(): void {
    this.program = null;
  }

  onRequestHeaders(_count: u32, _endOfStream: bool): HeadersAction {
    const text = getProperty(PROGRAM);
    if (text === null) return HeadersAction.Continue;
    const program = programs.find(text.ptr, text.length);
    if (!program.isSound) {
      report(program);
      return HeadersAction.Continue;
    }
    const delay = delayMs(program.address, randomU64());
    const abort = aborts(program.address, randomU64());
    if (delay > 0) {
      this.program = abort ? program : null;
      this.deadline = nowNanoseconds() + <u64>delay * NANOSECONDS_PER_MS;
      changetype<Fault>(this.plugin).wait(this);
      return HeadersAction.StopIteration;
    }
    if (!abort) return HeadersAction.Continue;
    answer(program);
    return HeadersAction.StopIteration;
  }

  /** The delay is over: the request goes on, or ends here. */
  wake(): void {
    const program = this.program;
    if (program === null) this.resumeRequest();
    else answer(program);
  }

  /** The client may leave while its request waits. */
  onDelete(): void {
    changetype<Fault>(this.plugin).drop(this);
  }
}

function answer(program: RouteProgram): void {
  sendLocalResponse(abortStatus(program.address), ABORT_DETAILS, ABORT_BODY, abortGrpcStatus(program.address));
}

function report(program: RouteProgram): void {
  if (program.reported) return;
  program.reported = true;
  log(LogLevel.Error, "sluice.fault: program refused, requests pass without fault, " + reasonText(program.reason));
}

registerPlugin(() => new Fault());
