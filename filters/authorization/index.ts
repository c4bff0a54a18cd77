import {
  Bytes,
  HeadersAction,
  HttpContext,
  PluginContext,
  registerPlugin,
  TcpContext,
} from "proxy-wasm-assemblyscript-sdk";
import { forgetRequestPairs } from "../shell/request-pairs";
import { Authorizer, denyWithoutProgram } from "./authorizer";
import { AuthorizedConnection, ConnectionAuthorizer } from "./connection-authorizer";

/** One configuration, of an HTTP filter or of a network filter: the program is compiled for the one or for the other. */
class Authorization extends PluginContext {
  /** The proxy has no policy: everything passes without being looked at. */
  private isOff: bool = false;
  /** Absent, too, as long as there is no program that passed its check: then everything is denied. */
  authorizer: Authorizer | null = null;
  private connections: ConnectionAuthorizer | null = null;

  onConfigure(configuration: Bytes): bool {
    this.isOff = configuration.length == 0;
    if (this.isOff) return true;
    const authorizer = Authorizer.load(configuration);
    this.authorizer = authorizer;
    if (authorizer === null) return false;
    this.connections = new ConnectionAuthorizer(authorizer.address);
    return true;
  }

  createHttpContext(): HttpContext | null {
    return this.isOff ? null : new AuthorizationStream();
  }

  createTcpContext(): TcpContext | null {
    return this.isOff ? null : new AuthorizedConnection(this.connections);
  }
}

class AuthorizationStream extends HttpContext {
  onRequestHeaders(_count: u32, _endOfStream: bool): HeadersAction {
    forgetRequestPairs();
    const authorizer = changetype<Authorization>(this.plugin).authorizer;
    if (authorizer !== null && authorizer.admits()) return HeadersAction.Continue;
    if (authorizer === null) denyWithoutProgram();
    return HeadersAction.StopIteration;
  }
}

registerPlugin(() => new Authorization());
