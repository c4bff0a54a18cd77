export * from "@solo-io/proxy-runtime/proxy";
// The package's index does not export this one.
import { BufferTypeValues, get_buffer_bytes } from "@solo-io/proxy-runtime/runtime";
import {
  Context,
  FilterDataStatusValues,
  GrpcStatusValues,
  RootContext,
  registerRootContext,
  send_local_response,
} from "@solo-io/proxy-runtime";

class Root extends RootContext {
  /** The package's own gives the host a length where it takes an address, and traps. */
  onConfigure(_size: u32): bool {
    return true;
  }

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
