import {
  DataAction,
  HttpContext,
  registerHttpContext,
  requestBody,
  sendLocalResponse,
  utf8,
} from "proxy-wasm-assemblyscript-sdk";

class BodyReader extends HttpContext {
  onRequestBody(size: u32, endOfStream: bool): DataAction {
    if (!endOfStream) return DataAction.StopIterationAndBuffer;
    const chunk = requestBody.get(0, size);
    if (chunk.length == 0 || chunk.at(0) != 0) return DataAction.Continue;
    sendLocalResponse(400, utf8("zero_byte"), utf8("zero byte"));
    return DataAction.StopIterationNoBuffer;
  }
}

registerHttpContext(new BodyReader());
