export * from "@gcoredev/proxy-wasm-sdk-as/assembly/proxy";
import {
  BufferTypeValues,
  Context,
  FilterDataStatusValues,
  GrpcStatusValues,
  RootContext,
  get_buffer_bytes,
  registerRootContext,
  send_local_response,
} from "@gcoredev/proxy-wasm-sdk-as/assembly";

class Root extends RootContext {
  createContext(id: u32): Context {
    return new BodyReader(id, this);
  }
}

class BodyReader extends Context {
  constructor(id: u32, root: Root) {
    super(id, root);
  }

  onRequestBody(size: usize, endOfStream: bool): FilterDataStatusValues {
    if (!endOfStream) return FilterDataStatusValues.StopIterationAndBuffer;
    const chunk = get_buffer_bytes(BufferTypeValues.HttpRequestBody, 0, <u32>size);
    if (chunk.byteLength == 0 || load<u8>(changetype<usize>(chunk)) != 0) return FilterDataStatusValues.Continue;
    send_local_response(400, "zero_byte", String.UTF8.encode("zero byte"), [], GrpcStatusValues.Unknown);
    return FilterDataStatusValues.StopIterationNoBuffer;
  }
}

registerRootContext((id: u32) => new Root(id), "bench");
