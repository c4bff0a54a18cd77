import {
  Bytes,
  getProperty,
  getPropertyI64,
  HeadersAction,
  HttpContext,
  log,
  LogLevel,
  PluginContext,
  registerPlugin,
  requestHeaders,
  sendLocalResponse,
  utf8,
} from "proxy-wasm-assemblyscript-sdk";
import { indexOfByte } from "../common/bytes";
import { OK, stringAt, stringLength, tableAt, tableCount } from "../common/program";
import { reasonText } from "../common/program-error";
import {
  check,
  FACT_HOST,
  FACT_METHOD,
  FACT_PATH,
  FACT_PORT,
  factCount,
  FIRST_HEADER,
  HEADER_NAMES,
  NEEDS,
  RULE_BYTES,
  RULES,
  STRINGS,
} from "./config";
import { ABSENT, ALLOWED, decide, DENIED_BY_DEFAULT, FACT_BYTES } from "./decide";
import { portOfInboundCluster } from "./inbound-port";

const FORBIDDEN: u32 = 403;
const BODY = utf8("RBAC: access denied");
const DETAILS = utf8("rbac_access_denied_matched_policy[");
const NO_POLICY = utf8("none");
const CLOSING_BRACKET: u8 = 93;
const QUESTION_MARK: u8 = 63;
const HASH: u8 = 35;

const METHOD = utf8(":method");
const PATH = utf8(":path");
const AUTHORITY = utf8(":authority");
const HEADER_PROPERTY = utf8("request\0headers\0");
const CLUSTER_NAME = utf8("xds\0cluster_name");
const DESTINATION_PORT = utf8("destination\0port");

class Authorization extends PluginContext {
  /** Empty as long as there is no program that passed its check: then every request is denied. */
  private program: StaticArray<u8> = new StaticArray<u8>(0);
  private facts: StaticArray<u8> = new StaticArray<u8>(0);
  private headerProperties: Array<StaticArray<u8>> = [];

  onConfigure(configuration: Bytes): bool {
    const reason = check(configuration.ptr, configuration.length);
    if (reason != OK) {
      log(LogLevel.Error, "sluice.authorization: program refused, " + reasonText(reason));
      return false;
    }
    this.program = configuration.toArray();
    const program = changetype<usize>(this.program);
    this.facts = new StaticArray<u8>(factCount(program) * FACT_BYTES);
    this.headerProperties = headerPropertiesOf(program);
    return true;
  }

  createHttpContext(): HttpContext {
    return new AuthorizationStream();
  }

  /** ALLOWED, DENIED_BY_DEFAULT, or the index of the rule that denies the request at hand. */
  decide(): i32 {
    if (this.program.length == 0) return DENIED_BY_DEFAULT;
    const program = changetype<usize>(this.program);
    const needs = load<u32>(program + NEEDS);
    if (needs & (1 << FACT_METHOD)) this.setFact(FACT_METHOD, requestHeaders.get(METHOD));
    if (needs & (1 << FACT_PATH)) this.setFact(FACT_PATH, withoutQuery(requestHeaders.get(PATH)));
    if (needs & (1 << FACT_HOST)) this.setFact(FACT_HOST, requestHeaders.get(AUTHORITY));
    if (needs & (1 << FACT_PORT)) this.storeFact(FACT_PORT, destinationPort(), 0);
    for (let i = 0; i < this.headerProperties.length; i++) {
      // As a property a header has all of its values, joined by commas; the header map gives only the first.
      this.setFact(FIRST_HEADER + i, getProperty(Bytes.of(unchecked(this.headerProperties[i]))));
    }
    return decide(program, changetype<usize>(this.facts));
  }

  /** What Envoy's own filter would put into the response code details. */
  details(decision: i32): Bytes {
    let name = NO_POLICY;
    if (decision != DENIED_BY_DEFAULT) {
      const program = changetype<usize>(this.program);
      const identity = load<u32>(tableAt(program, RULES) + <usize>decision * RULE_BYTES);
      name = Bytes.wrap(stringAt(program, STRINGS, identity), stringLength(program, STRINGS, identity));
    }
    const text = new StaticArray<u8>(DETAILS.length + name.length + 1);
    const at = changetype<usize>(text);
    memory.copy(at, DETAILS.ptr, DETAILS.length);
    memory.copy(at + DETAILS.length, name.ptr, name.length);
    store<u8>(at + DETAILS.length + name.length, CLOSING_BRACKET);
    return Bytes.of(text);
  }

  private setFact(fact: u32, value: Bytes | null): void {
    if (value === null) this.storeFact(fact, 0, ABSENT);
    else this.storeFact(fact, <u32>value.ptr, value.length);
  }

  private storeFact(fact: u32, first: u32, second: i32): void {
    const at = changetype<usize>(this.facts) + <usize>fact * FACT_BYTES;
    store<u32>(at, first);
    store<i32>(at, second, 4);
  }
}

class AuthorizationStream extends HttpContext {
  onRequestHeaders(_count: u32, _endOfStream: bool): HeadersAction {
    const authorization = changetype<Authorization>(this.plugin);
    const decision = authorization.decide();
    if (decision == ALLOWED) return HeadersAction.Continue;
    sendLocalResponse(FORBIDDEN, authorization.details(decision), BODY);
    return HeadersAction.StopIteration;
  }
}

/** The path of each request header that the program asks for, as a property of the host. */
function headerPropertiesOf(program: usize): Array<StaticArray<u8>> {
  const paths: Array<StaticArray<u8>> = [];
  const names = tableAt(program, HEADER_NAMES);
  for (let i: u32 = 0, count = tableCount(program, HEADER_NAMES); i < count; i++) {
    const name = load<u32>(names + <usize>i * 4);
    const length = stringLength(program, STRINGS, name);
    const path = new StaticArray<u8>(HEADER_PROPERTY.length + length);
    memory.copy(changetype<usize>(path), HEADER_PROPERTY.ptr, HEADER_PROPERTY.length);
    memory.copy(changetype<usize>(path) + HEADER_PROPERTY.length, stringAt(program, STRINGS, name), length);
    paths.push(path);
  }
  return paths;
}

function withoutQuery(path: Bytes | null): Bytes | null {
  if (path === null) return null;
  const end = indexOfByte(path.ptr, path.length, QUESTION_MARK);
  return path.slice(0, indexOfByte(path.ptr, end, HASH));
}

/** The program's own port behind a sidecar (its listener's is the mesh's affair), the listener's port at a gateway. */
function destinationPort(): u32 {
  const cluster = getProperty(CLUSTER_NAME);
  const port = cluster === null ? 0 : portOfInboundCluster(cluster.ptr, cluster.length);
  return port != 0 ? port : <u32>getPropertyI64(DESTINATION_PORT, 0);
}

registerPlugin(() => new Authorization());
