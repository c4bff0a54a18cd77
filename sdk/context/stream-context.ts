import { Context } from "./context";

/**
 * One HTTP stream or TCP connection. The object is used again for a later one. Fields whose first value costs nothing to
 * make (a number, a bool, a string, `null`, `utf8("...")`, a constant) come back to it by themselves, so that no stream
 * finds another one's; what was made by `new` or set in a constructor stays: bring that back in `reset()`. Only callbacks
 * that a filter overrides are exported, and the host calls no others.
 */
export abstract class StreamContext extends Context {
  /** The object is about to serve another stream; plain fields have their first value already. */
  reset(): void {}

  /** The stream has ended. It may be the only callback: of a request that the proxy refused early. */
  onLog(): void {}

  /** The stream is about to be deleted. Envoy does not wait for streams, whatever this answers. */
  onDone(): bool {
    return true;
  }

  onDelete(): void {}
}
