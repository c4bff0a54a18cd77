// Asks the cluster `auth` about every request and lets in what it answers with 2xx, together with the `x-user` that it
// names. No answer in time, or none at all, keeps the request out.
import {
  CallResponse,
  HeadersAction,
  HttpCall,
  HttpContext,
  registerPlugin,
  PluginContext,
  requestHeaders,
  sendLocalResponse,
  utf8,
} from "proxy-wasm-assemblyscript-sdk";

class AuthCallOut extends HttpContext {
  onRequestHeaders(_count: u32, _endOfStream: bool): HeadersAction {
    const call = HttpCall.to(utf8("auth")).path(utf8("/check")).timeout(500);
    const credentials = requestHeaders.get(utf8("authorization"));
    if (credentials !== null) call.header(utf8("authorization"), credentials);
    const path = requestHeaders.get(utf8(":path"));
    if (path !== null) call.header(utf8("x-original-path"), path);
    // What the client says about itself does not count.
    requestHeaders.remove(utf8("x-user"));
    if (this.dispatch(call) == 0) this.refuse(503);
    return HeadersAction.StopIteration;
  }

  onCallResponse(_token: u32, response: CallResponse): void {
    if (!response.ok) {
      // 4xx is a decision; anything else, and 0 for a broken call, is none.
      return this.refuse(response.status >= 400 && response.status < 500 ? 403 : 503);
    }
    const user = response.header(utf8("x-user"));
    if (user !== null) requestHeaders.set(utf8("x-user"), user);
    this.resumeRequest();
  }

  private refuse(status: u32): void {
    sendLocalResponse(status, utf8("auth_call_out"), status == 403 ? utf8("not allowed\n") : utf8("cannot ask\n"));
  }
}

class Plugin extends PluginContext {
  createHttpContext(): HttpContext {
    return new AuthCallOut();
  }
}

registerPlugin(() => new Plugin());
