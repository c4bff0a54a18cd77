// Example of the reference: one object for all streams. As requests.ts.

//#region registerHttpContext
import { HeadersAction, HttpContext, registerHttpContext, responseHeaders, utf8 } from "proxy-wasm-assemblyscript-sdk";

/** Keeps nothing between callbacks: one object serves all streams, and the host does not say when one begins or ends. */
class NoSniff extends HttpContext {
  onResponseHeaders(_count: u32, _endOfStream: bool): HeadersAction {
    responseHeaders.set(utf8("x-content-type-options"), utf8("nosniff"));
    return HeadersAction.Continue;
  }
}

registerHttpContext(new NoSniff());
//#endregion
