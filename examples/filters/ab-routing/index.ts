// Sends a share of the users to variant b: sets `x-variant`, which routes match on. A user stays with a variant, since
// it follows from the user's name. Configuration: {"percent": 20}, the share of b.
import {
  Bytes,
  HeadersAction,
  HttpContext,
  JsonReader,
  PluginContext,
  clearRouteCache,
  randomU64,
  registerPlugin,
  requestHeaders,
  utf8,
} from "proxy-wasm-assemblyscript-sdk";

class AbRouting extends HttpContext {
  onRequestHeaders(_count: u32, _endOfStream: bool): HeadersAction {
    const user = requestHeaders.get(utf8("x-user"));
    const bucket = user === null ? <u32>(randomU64() % 100) : user.hash() % 100;
    const toB = bucket < changetype<Plugin>(this.plugin).percent;
    requestHeaders.set(utf8("x-variant"), toB ? utf8("b") : utf8("a"));
    // The route was chosen before the header was there.
    clearRouteCache();
    return HeadersAction.Continue;
  }
}

class Plugin extends PluginContext {
  percent: u32 = 0;

  onConfigure(configuration: Bytes): bool {
    const json = JsonReader.of(configuration);
    json.object();
    while (json.nextKey()) {
      if (json.key.equals(utf8("percent"))) this.percent = json.u32(0, 100);
      else json.unknownKey();
    }
    json.required(utf8("percent"));
    return json.end();
  }

  createHttpContext(): HttpContext {
    return new AbRouting();
  }
}

registerPlugin(() => new Plugin());
