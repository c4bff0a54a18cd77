import {
  HeadersAction,
  HttpContext,
  registerHttpContext,
  requestHeaders,
  sendLocalResponse,
  utf8,
} from "proxy-wasm-assemblyscript-sdk";

class AllHeaders extends HttpContext {
  onRequestHeaders(_count: u32, _endOfStream: bool): HeadersAction {
    const pairs = requestHeaders.pairs();
    let size = 0;
    while (pairs.next()) size += pairs.name.length + pairs.value.length;
    if (size < 60_000) return HeadersAction.Continue;
    sendLocalResponse(431, utf8("too_large"), utf8("too large"));
    return HeadersAction.StopIteration;
  }
}

registerHttpContext(new AllHeaders());
