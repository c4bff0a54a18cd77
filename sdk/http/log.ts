import { LogLevel, Status } from "../abi/enums";
import { proxy_get_log_level, proxy_log } from "../abi/imports";
import { isOpen } from "../wire/arena";
import { Bytes } from "../wire/bytes";
import { NUMBER_SLOT } from "./slots";

/** The host's level serves so many questions, so that a level that is changed later takes effect without a tick. */
const ANSWERS: u32 = 16;
let hostLevel: i32 = LogLevel.Trace;
let answersLeft: u32 = 0;

/** Asks the host for its level again at the next use; done when a plugin is configured and at ticks. */
export function forgetLogLevel(): void {
  answersLeft = 0;
}

/**
 * Whether the host would write a message of this level. Ask before building a message that costs something.
 * The host is asked for its level at every 16th question, and anew when a plugin is configured and at ticks. At module top level the host must not be asked, and everything counts as enabled.
 */
export function logEnabled(level: LogLevel): bool {
  if (!isOpen()) return true;
  if (!answersLeft--) {
    answersLeft = ANSWERS - 1;
    const status: Status = proxy_get_log_level(NUMBER_SLOT);
    hostLevel = status == Status.Ok ? load<i32>(NUMBER_SLOT) : LogLevel.Trace;
  }
  return level >= hostLevel;
}

/** Writes a line to the host's log, if it takes that level. The message is a `Bytes` or a `string`. */
export function log<T>(level: LogLevel, message: T): void {
  if (!logEnabled(level)) return;
  if (isString<T>()) {
    const bytes = Bytes.encode(changetype<string>(message));
    proxy_log(level, bytes.ptr, bytes.length);
  } else {
    const bytes = changetype<Bytes>(message);
    proxy_log(level, bytes.ptr, bytes.length);
  }
}

/** What the transform asks before a message is built (transform/logs.mjs). A class: found from every source. */
@global
class __ProxyWasmLog {
  static enabled(level: LogLevel): bool {
    return logEnabled(level);
  }
}
