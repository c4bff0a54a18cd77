import { Bytes, log, LogLevel } from "proxy-wasm-assemblyscript-sdk";
import { Authorizer } from "../authorization/authorizer";
import { checkBundle, programIn, programLength } from "../common/bundle";
import { AUTHORIZATION, FAULT, OK, TELEMETRY } from "../common/program";
import { reasonText } from "../common/program-error";
import { ConnectionRecorder } from "../telemetry/connection-recorder";
import { isTcp, loadTelemetry, Recorder } from "../telemetry/recorder";
import { RequestFacts } from "../telemetry/request-facts";

/** What the programs of a proxy became: those that its configuration brings, for all of its routes. */
export class ProxyPrograms {
  authorizer: Authorizer | null = null;
  recorder: Recorder | null = null;
  /** Of connections that are not HTTP, by a program that was compiled for them. */
  connectionRecorder: ConnectionRecorder | null = null;
  /**
   * Whether routes may bring programs. Those to a sidecar's own program, for which the proxy reports as the server, do so
   * only where the proxy's bundle has a fault program: it stands for the routes'.
   */
  asksRoutes: bool = true;

  /** No bytes are no programs. Null where one is refused; the log says which and why. */
  static load(configuration: Bytes): ProxyPrograms | null {
    const programs = new ProxyPrograms();
    if (configuration.length == 0) return programs;
    const reason = checkBundle(configuration.ptr, configuration.length);
    if (reason != OK) {
      log(LogLevel.Error, "sluice.policies: programs refused, " + reasonText(reason));
      return null;
    }
    const authorization = programOf(configuration, AUTHORIZATION);
    if (authorization !== null) {
      programs.authorizer = Authorizer.load(authorization);
      if (programs.authorizer === null) return null;
    }
    const telemetry = programOf(configuration, TELEMETRY);
    if (telemetry !== null) {
      const program = loadTelemetry(telemetry);
      if (program === null) return null;
      if (isTcp(program)) {
        programs.connectionRecorder = new ConnectionRecorder(program);
        return programs;
      }
      const recorder = new Recorder(program);
      programs.recorder = recorder;
      programs.asksRoutes = recorder.isClient || programIn(configuration.ptr, FAULT) != 0;
    }
    return programs;
  }

  /** Null where nothing is counted. */
  newFacts(): RequestFacts | null {
    const recorder = this.recorder;
    if (recorder === null) return null;
    return recorder.newFacts();
  }
}

function programOf(bundle: Bytes, policy: u16): Bytes | null {
  const program = programIn(bundle.ptr, policy);
  return program == 0 ? null : Bytes.wrap(program, programLength(bundle.ptr, policy));
}
