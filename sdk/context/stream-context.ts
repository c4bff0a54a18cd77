import { Context } from "./context";

/**
 * One HTTP stream or TCP connection. The object is used again for a later one: bring fields back to their first value
 * in `reset()`. Only callbacks that a filter overrides are exported, and the host calls no others.
 */
export abstract class StreamContext extends Context {
  /** The object is about to serve another stream. */
  reset(): void {}

  /** The stream has ended. It may be the only callback: of a request that the proxy refused early. */
  onLog(): void {}

  /** The stream is about to be deleted. Envoy does not wait for streams, whatever this answers. */
  onDone(): bool {
    return true;
  }

  onDelete(): void {}
}
