import {
  Bytes,
  HeadersAction,
  HttpContext,
  log,
  LogLevel,
  PluginContext,
  registerPlugin,
  sendLocalResponse,
  utf8,
} from "proxy-wasm-assemblyscript-sdk";
import { OK, stringAt, stringLength, tableAt } from "../common/program";
import { reasonText } from "../common/program-error";
import { check, RULE_BYTES, RULES, STRINGS } from "./config";
import { ALLOWED, decide, DENIED_BY_DEFAULT } from "./decide";
import { RequestFacts } from "./request-facts";

const FORBIDDEN: u32 = 403;
const BODY = utf8("RBAC: access denied");
const DETAILS = utf8("rbac_access_denied_matched_policy[");
const NO_POLICY = utf8("none");
const CLOSING_BRACKET: u8 = 93;

class Authorization extends PluginContext {
  /** The proxy has no policy: requests pass without being looked at. */
  private isOff: bool = false;
  private program: StaticArray<u8> = new StaticArray<u8>(0);
  /** Absent as long as there is no program that passed its check: then every request is denied. */
  private facts: RequestFacts | null = null;

  onConfigure(configuration: Bytes): bool {
    this.isOff = configuration.length == 0;
    if (this.isOff) return true;
    const reason = check(configuration.ptr, configuration.length);
    if (reason != OK) {
      log(LogLevel.Error, "sluice.authorization: program refused, " + reasonText(reason));
      return false;
    }
    this.program = configuration.toArray();
    this.facts = new RequestFacts(changetype<usize>(this.program));
    return true;
  }

  createHttpContext(): HttpContext | null {
    return this.isOff ? null : new AuthorizationStream();
  }

  /** ALLOWED, DENIED_BY_DEFAULT, or the index of the rule that denies the request at hand. */
  decide(): i32 {
    const facts = this.facts;
    return facts === null ? DENIED_BY_DEFAULT : decide(changetype<usize>(this.program), facts.read());
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

registerPlugin(() => new Authorization());
