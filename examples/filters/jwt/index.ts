// Lets in requests with a JWT (RS256) that has not expired. Envoy checks the signature: the module has no cryptography
// of its own. Configuration: the public key, PEM. The token's `alg` is not asked: the key decides.
import {
  Bytes,
  HeadersAction,
  HttpContext,
  JsonReader,
  PluginContext,
  configError,
  nowNanoseconds,
  registerPlugin,
  requestHeaders,
  sendLocalResponse,
  utf8,
  verifySignaturePem,
} from "proxy-wasm-assemblyscript-sdk";
import { decodeBase64Url } from "./base64url.as";

class Jwt extends HttpContext {
  onRequestHeaders(_count: u32, _endOfStream: bool): HeadersAction {
    const header = requestHeaders.get(utf8("authorization"));
    if (header === null || !header.startsWith(utf8("Bearer "))) return refuse(utf8("no token\n"));
    const token = header.slice(7);
    const dot = token.indexOf(46);
    const lastDot = token.indexOf(46, dot + 1);
    const signature = decodeBase64Url(token.slice(lastDot + 1));
    if (lastDot < 0 || signature === null) return refuse(utf8("no JWT\n"));
    const key = Bytes.of(changetype<Plugin>(this.plugin).key);
    if (!verifySignaturePem(utf8("sha256"), key, signature, token.slice(0, lastDot))) return refuse(utf8("forged\n"));
    // Only now: decoding overwrites what was signed.
    const claims = decodeBase64Url(token.slice(dot + 1, lastDot));
    return claims !== null && isFresh(claims) ? HeadersAction.Continue : refuse(utf8("expired\n"));
  }
}

function isFresh(claims: Bytes): bool {
  const json = JsonReader.of(claims);
  let expiry: i64 = 0;
  json.object();
  while (json.nextKey()) if (json.key.equals(utf8("exp"))) expiry = json.i64(0);
  return !json.failed && <u64>expiry > nowNanoseconds() / 1_000_000_000;
}

function refuse(body: Bytes): HeadersAction {
  sendLocalResponse(401, utf8("jwt"), body);
  return HeadersAction.StopIteration;
}

class Plugin extends PluginContext {
  key: StaticArray<u8> = new StaticArray<u8>(0);
  onConfigure(configuration: Bytes): bool {
    this.key = configuration.toArray();
    return configuration.length > 0 || configError("", "wanted the public key, as PEM");
  }
  createHttpContext(): HttpContext {
    return new Jwt();
  }
}
registerPlugin(() => new Plugin());
