import { Action, TcpContext } from "proxy-wasm-assemblyscript-sdk";
import { ConnectionCount, ConnectionRecorder } from "../telemetry/connection-recorder";

/** A connection that is not HTTP, under the one policy of this module that such connections have: telemetry. */
export class PolicyConnection extends TcpContext {
  private count: ConnectionCount | null = null;

  constructor(private recorder: ConnectionRecorder | null) {
    super();
  }

  reset(): void {
    const count = this.count;
    if (count !== null) count.reset();
  }

  onNewConnection(): Action {
    const recorder = this.recorder;
    if (recorder === null) return Action.Continue;
    let count = this.count;
    if (count === null) this.count = count = new ConnectionCount(this);
    recorder.open(count);
    return Action.Continue;
  }

  onDelete(): void {
    const recorder = this.recorder;
    const count = this.count;
    if (recorder !== null && count !== null) recorder.close(count);
  }
}
