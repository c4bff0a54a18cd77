// Masks card numbers in responses: of 16 digits in a row only the last four stay. The length stays the same, so that
// `content-length` remains true.
import {
  DataAction,
  HeadersAction,
  HttpContext,
  registerHttpContext,
  requestHeaders,
  responseBody,
  utf8,
} from "proxy-wasm-assemblyscript-sdk";

const DIGITS = 16;
const KEPT = 4;

class BodyRewrite extends HttpContext {
  onRequestHeaders(_count: u32, _endOfStream: bool): HeadersAction {
    // A compressed answer could not be read.
    requestHeaders.remove(utf8("accept-encoding"));
    return HeadersAction.Continue;
  }

  onResponseBody(_size: u32, endOfStream: bool): DataAction {
    // A number may be cut by the end of a chunk: Envoy collects until the body is whole.
    if (!endOfStream) return DataAction.StopIterationAndBuffer;
    const body = responseBody.get();
    let masked = false;
    let run = 0;
    for (let index = 0; index < body.length; ++index) {
      const digit = body.at(index) - 48 < 10;
      run = digit ? run + 1 : 0;
      if (run == DIGITS) {
        // The view is the module's own memory: it may be written to.
        memory.fill(body.ptr + index - (DIGITS - 1), 42, DIGITS - KEPT);
        masked = true;
        run = 0;
      }
    }
    if (masked) responseBody.replace(body);
    return DataAction.Continue;
  }
}

registerHttpContext(new BodyRewrite());
