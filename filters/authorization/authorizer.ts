import {
  Bytes,
  HeaderList,
  log,
  LogLevel,
  sendLocalResponse,
  sendLocalResponseWithHeaders,
  setProperty,
  utf8,
} from "proxy-wasm-assemblyscript-sdk";
import { OK } from "../common/program";
import { reasonText } from "../common/program-error";
import { check } from "./config";
import { ALLOWED, Decider } from "./decide";
import { denialDetails, identityOf } from "./details";
import { AUDIT, DRY_RUN_ALLOW, DRY_RUN_DENY, EXPLAIN } from "./layout";
import { Observer } from "./observer";
import { RequestFacts } from "./request-facts";

const FORBIDDEN: u32 = 403;
const BODY = utf8("RBAC: access denied");
const DECISION = utf8("x-sluice-authz-decision");
const RULE = utf8("x-sluice-authz-rule");
const DECISION_PROPERTY = utf8("authorization_decision");
const RULE_PROPERTY = utf8("authorization_rule");
const ALLOWED_TEXT = utf8("allowed");
const DENIED_TEXT = utf8("denied");

const NO_RULE: i32 = -1;

/** Denies the request at hand where there is no program to ask. */
export function denyWithoutProgram(): void {
  sendLocalResponse(FORBIDDEN, denialDetails(0, NO_RULE), BODY);
}

/** One proxy's authorization: the program that its configuration brought, and what it reads of a request. */
export class Authorizer {
  private facts: RequestFacts;
  private decider: Decider;
  /** Absent where no policy only observes. */
  private observer: Observer | null = null;
  private explains: bool;

  private constructor(private program: StaticArray<u8>) {
    const facts = new RequestFacts(changetype<usize>(program));
    const decider = new Decider(changetype<usize>(program), facts);
    this.facts = facts;
    this.decider = decider;
    this.explains = decider.has(EXPLAIN);
    if (decider.has(AUDIT) || decider.has(DRY_RUN_DENY) || decider.has(DRY_RUN_ALLOW)) this.observer = new Observer();
  }

  /** Null for a program that is refused; the log says why. The bytes are copied. */
  static load(program: Bytes): Authorizer | null {
    const reason = check(program.ptr, program.length);
    if (reason == OK) return new Authorizer(program.toArray());
    log(LogLevel.Error, "sluice.authorization: program refused, " + reasonText(reason));
    return null;
  }

  /** Where the program stands, as long as this object lives. */
  get address(): usize {
    return this.decider.program;
  }

  /** In the callback for the request's headers: whether it may pass. One that may not has its answer then. */
  admits(): bool {
    const decision = this.decideRequest();
    if (this.explains && this.decider.firstOf(EXPLAIN) >= 0) {
      this.explain(decision);
      return decision == ALLOWED;
    }
    if (decision == ALLOWED) return true;
    sendLocalResponse(FORBIDDEN, this.details(decision), BODY);
    return false;
  }

  /** ALLOWED, DENIED_BY_DEFAULT, or the index of the rule that denies; what only observes has been done. No answer is sent. */
  decideRequest(): i32 {
    this.facts.begin();
    this.decider.begin();
    const observer = this.observer;
    if (observer !== null) observer.observe(this.decider);
    return this.decider.decide();
  }

  /** What Envoy's own filter would put into the response code details. */
  details(decision: i32): Bytes {
    return denialDetails(this.decider.program, decision);
  }

  /** Says the decision and its rule: in properties for access logs and in the log, and in the headers of a denial. */
  private explain(decision: i32): void {
    const isAllowed = decision == ALLOWED;
    const outcome = isAllowed ? ALLOWED_TEXT : DENIED_TEXT;
    const rule = identityOf(this.decider.program, isAllowed ? this.decider.allowedBy : decision);
    setProperty(DECISION_PROPERTY, outcome);
    setProperty(RULE_PROPERTY, rule);
    log(LogLevel.Info, "sluice.authorization: explained, " + outcome.toString() + " by " + rule.toString());
    if (isAllowed) return;
    const headers = HeaderList.create(2).add(DECISION, outcome).add(RULE, rule);
    sendLocalResponseWithHeaders(FORBIDDEN, this.details(decision), BODY, headers);
  }
}
