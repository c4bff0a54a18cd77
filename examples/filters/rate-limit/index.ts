// A token bucket that all of the proxy's threads share. Configuration: {"perSecond": 10, "burst": 20}.
import {
  Bytes,
  HeadersAction,
  HttpContext,
  JsonReader,
  PluginContext,
  Updater,
  nowNanoseconds,
  registerPlugin,
  sendLocalResponse,
  sharedData,
  utf8,
} from "proxy-wasm-assemblyscript-sdk";

/** The bucket as one number: the time, in nanoseconds, at which it is full. A token taken puts that off. */
class TakeToken extends Updater {
  perSecond: u64 = 1;
  burst: u64 = 1;
  taken: bool = false;

  next(current: Bytes | null): Bytes | null {
    const now = nowNanoseconds();
    const before = current !== null && current.length == 8 ? load<u64>(current.ptr) : 0;
    const interval = 1_000_000_000 / this.perSecond;
    store<u64>(BUCKET.ptr, max(before, now) + interval);
    this.taken = load<u64>(BUCKET.ptr) <= now + this.burst * interval;
    return this.taken ? BUCKET : null;
  }
}
const BUCKET = Bytes.wrap(memory.data(8, 8), 8);

class RateLimit extends HttpContext {
  onRequestHeaders(_count: u32, _endOfStream: bool): HeadersAction {
    const bucket = changetype<Plugin>(this.plugin).bucket;
    sharedData.update(utf8("rate_limit"), bucket);
    if (bucket.taken) return HeadersAction.Continue;
    sendLocalResponse(429, utf8("rate_limit"), utf8("too many requests\n"));
    return HeadersAction.StopIteration;
  }
}

class Plugin extends PluginContext {
  bucket: TakeToken = new TakeToken();
  onConfigure(configuration: Bytes): bool {
    const json = JsonReader.of(configuration);
    json.object();
    while (json.nextKey()) {
      if (json.key.equals(utf8("perSecond"))) this.bucket.perSecond = json.u32(1, 1_000_000);
      else if (json.key.equals(utf8("burst"))) this.bucket.burst = json.u32(1);
      else json.unknownKey();
    }
    return json.end();
  }
  createHttpContext(): HttpContext {
    return new RateLimit();
  }
}
registerPlugin(() => new Plugin());
