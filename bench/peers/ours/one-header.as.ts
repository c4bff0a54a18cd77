import {
  HeadersAction,
  HttpContext,
  registerHttpContext,
  requestHeaders,
  responseHeaders,
  sendLocalResponse,
  utf8,
} from "proxy-wasm-assemblyscript-sdk";

class OneHeader extends HttpContext {
  onRequestHeaders(_count: u32, _endOfStream: bool): HeadersAction {
    const user = requestHeaders.get(utf8("x-user"));
    if (user !== null && user.equals(utf8("mallory"))) {
      sendLocalResponse(403, utf8("denied"), utf8("denied"));
      return HeadersAction.StopIteration;
    }
    return HeadersAction.Continue;
  }

  onResponseHeaders(_count: u32, _endOfStream: bool): HeadersAction {
    responseHeaders.set(utf8("x-bench"), utf8("1"));
    return HeadersAction.Continue;
  }
}

registerHttpContext(new OneHeader());
