// Adds `hello: world` to every response. One object serves all streams, because it keeps nothing between callbacks.
import { HeadersAction, HttpContext, registerHttpContext, responseHeaders, utf8 } from "proxy-wasm-assemblyscript-sdk";

class AddHeader extends HttpContext {
  onResponseHeaders(_count: u32, _endOfStream: bool): HeadersAction {
    responseHeaders.add(utf8("hello"), utf8("world"));
    return HeadersAction.Continue;
  }
}

registerHttpContext(new AddHeader());
