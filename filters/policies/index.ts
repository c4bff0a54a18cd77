import { Bytes, HttpContext, PluginContext, registerPlugin } from "proxy-wasm-assemblyscript-sdk";
import { Delays } from "../fault/delays";
import { PolicyStream } from "./policy-stream";
import { ProxyPrograms } from "./proxy-programs";

/** The four policies of a proxy, for its listeners of one direction. */
class Policies extends PluginContext {
  private delays: Delays = new Delays();
  /** Absent as long as there is no configuration that passed its checks: then every request is denied. */
  private programs: ProxyPrograms | null = null;

  onConfigure(configuration: Bytes): bool {
    this.programs = ProxyPrograms.load(configuration);
    return this.programs !== null;
  }

  createHttpContext(): HttpContext {
    return new PolicyStream(this.programs, this.delays);
  }

  onTick(): void {
    this.delays.wake(this);
  }
}

registerPlugin(() => new Policies());
