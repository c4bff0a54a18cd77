import { Bytes, HttpContext, PluginContext, registerPlugin, TcpContext } from "proxy-wasm-assemblyscript-sdk";
import { Delays } from "../fault/delays";
import { ConnectionRecorder } from "../telemetry/connection-recorder";
import { PolicyConnection } from "./policy-connection";
import { PolicyStream } from "./policy-stream";
import { ProxyPrograms } from "./proxy-programs";

/** The four policies of a proxy, for its listeners of one direction. */
class Policies extends PluginContext {
  private delays: Delays = new Delays();
  /** Absent as long as there is no configuration that passed its checks: then every request is denied. */
  private programs: ProxyPrograms | null = null;

  onConfigure(configuration: Bytes): bool {
    const programs = ProxyPrograms.load(configuration);
    this.programs = programs;
    if (programs === null) return false;
    const recorder = programs.connectionRecorder;
    if (recorder !== null) this.setTickPeriod(recorder.interval);
    return true;
  }

  /** Null for a plugin whose programs are about connections. */
  createHttpContext(): HttpContext | null {
    const programs = this.programs;
    if (programs !== null && programs.connectionRecorder !== null) return null;
    return new PolicyStream(programs, this.delays);
  }

  createTcpContext(): TcpContext {
    const programs = this.programs;
    return new PolicyConnection(programs === null ? null : programs.connectionRecorder);
  }

  onTick(): void {
    const programs = this.programs;
    const recorder: ConnectionRecorder | null = programs === null ? null : programs.connectionRecorder;
    if (recorder === null) {
      // It ends the ticks when nothing waits.
      this.delays.wake(this);
      return;
    }
    recorder.reportAll();
    this.activate();
  }
}

registerPlugin(() => new Policies());
