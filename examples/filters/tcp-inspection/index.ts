// Looks at the first bytes of a connection: counts TLS and plain HTTP, and closes what speaks SSH.
import {
  Counter,
  DataAction,
  LogLevel,
  PluginContext,
  TcpContext,
  downstreamData,
  log,
  registerPlugin,
  utf8,
} from "proxy-wasm-assemblyscript-sdk";

class TcpInspection extends TcpContext {
  seen: bool = false;

  onDownstreamData(size: u32, endOfStream: bool): DataAction {
    if (this.seen) return DataAction.Continue;
    // Fewer bytes than it takes to tell: Envoy keeps them until there are more.
    if (size < 4 && !endOfStream) return DataAction.StopIterationAndBuffer;
    this.seen = true;
    const plugin = changetype<Plugin>(this.plugin);
    const start = downstreamData.get(0, 4);
    if (start.equals(utf8("SSH-"))) {
      log(LogLevel.Warn, utf8("ssh is closed here"));
      this.closeDownstream();
      return DataAction.StopIterationNoBuffer;
    }
    // A TLS record of the handshake: type 22, version 3.x.
    if (start.at(0) == 22 && start.at(1) == 3) plugin.tls.increment();
    else plugin.plain.increment();
    return DataAction.Continue;
  }
}

class Plugin extends PluginContext {
  tls: Counter = Counter.define(utf8("example_connections_tls"));
  plain: Counter = Counter.define(utf8("example_connections_plain"));

  createTcpContext(): TcpContext {
    return new TcpInspection();
  }
}

registerPlugin(() => new Plugin());
