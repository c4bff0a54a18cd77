import {
  Bytes,
  HeadersAction,
  HttpContext,
  log,
  LogLevel,
  PluginContext,
  registerPlugin,
} from "proxy-wasm-assemblyscript-sdk";
import { OK } from "../common/program";
import { reasonText } from "../common/program-error";
import { check } from "./config";
import { Recorder } from "./recorder";
import { RequestFacts } from "./request-facts";

class Telemetry extends PluginContext {
  /** Absent where nothing is to be counted. */
  recorder: Recorder | null = null;

  onConfigure(configuration: Bytes): bool {
    if (configuration.length == 0) return true;
    const reason = check(configuration.ptr, configuration.length);
    if (reason != OK) {
      log(LogLevel.Error, "sluice.telemetry: program refused, " + reasonText(reason));
      return false;
    }
    this.recorder = new Recorder(configuration.toArray());
    return true;
  }

  createHttpContext(): HttpContext | null {
    const recorder = this.recorder;
    if (recorder === null) return null;
    return new TelemetryStream(recorder.newFacts());
  }
}

class TelemetryStream extends HttpContext {
  constructor(private facts: RequestFacts) {
    super();
  }

  reset(): void {
    this.facts.isRead = false;
  }

  onRequestHeaders(_count: u32, _endOfStream: bool): HeadersAction {
    const recorder = changetype<Telemetry>(this.plugin).recorder;
    if (recorder !== null) recorder.readRequest(this.facts);
    return HeadersAction.Continue;
  }

  /** A request that an earlier filter refused comes here without its headers having been read. */
  onLog(): void {
    const recorder = changetype<Telemetry>(this.plugin).recorder;
    if (recorder === null) return;
    if (!this.facts.isRead) recorder.readRequest(this.facts);
    recorder.record(this.facts);
  }
}

registerPlugin(() => new Telemetry());
