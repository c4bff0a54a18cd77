export * from "@gcoredev/proxy-wasm-sdk-as/assembly/proxy";
import {
  Context,
  FilterHeadersStatusValues,
  GrpcStatusValues,
  RootContext,
  registerRootContext,
  send_local_response,
  stream_context,
} from "@gcoredev/proxy-wasm-sdk-as/assembly";

class Root extends RootContext {
  createContext(id: u32): Context {
    return new AllHeaders(id, this);
  }
}

class AllHeaders extends Context {
  constructor(id: u32, root: Root) {
    super(id, root);
  }

  onRequestHeaders(_count: u32, _endOfStream: bool): FilterHeadersStatusValues {
    const pairs = stream_context.headers.request.get_headers();
    let size = 0;
    for (let index = 0; index < pairs.length; ++index) {
      size += pairs[index].key.byteLength + pairs[index].value.byteLength;
    }
    if (size < 60_000) return FilterHeadersStatusValues.Continue;
    send_local_response(431, "too_large", String.UTF8.encode("too large"), [], GrpcStatusValues.Unknown);
    return FilterHeadersStatusValues.StopIteration;
  }
}

registerRootContext((id: u32) => new Root(id), "bench");
