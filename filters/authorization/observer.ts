import { Bytes, Counter, log, LogLevel, logEnabled, setProperty, utf8 } from "proxy-wasm-assemblyscript-sdk";
import { Decider } from "./decide";
import { identityOf } from "./details";
import { AUDIT, DRY_RUN_ALLOW, DRY_RUN_DENY } from "./layout";

const AUDIT_MATCHED = utf8("authorization_audit_matched");
const DENY_ALLOWED = utf8("istio_dry_run_deny_shadow_allowed");
const DENY_DENIED = utf8("istio_dry_run_deny_shadow_denied");
const ALLOW_ALLOWED = utf8("istio_dry_run_allow_shadow_allowed");
const ALLOW_DENIED = utf8("istio_dry_run_allow_shadow_denied");
const DENY_RESULT = utf8("istio_dry_run_deny_shadow_engine_result");
const DENY_POLICY = utf8("istio_dry_run_deny_shadow_effective_policy_id");
const ALLOW_RESULT = utf8("istio_dry_run_allow_shadow_engine_result");
const ALLOW_POLICY = utf8("istio_dry_run_allow_shadow_effective_policy_id");
const ALLOWED_TEXT = utf8("allowed");
const DENIED_TEXT = utf8("denied");

/** The sections that only observe: audit, and policies on trial. They count, log, and leave properties for access logs. */
export class Observer {
  private audits: Counter;
  private denyAllowed: Counter;
  private denyDenied: Counter;
  private allowAllowed: Counter;
  private allowDenied: Counter;

  constructor() {
    this.audits = Counter.define(AUDIT_MATCHED);
    this.denyAllowed = Counter.define(DENY_ALLOWED);
    this.denyDenied = Counter.define(DENY_DENIED);
    this.allowAllowed = Counter.define(ALLOW_ALLOWED);
    this.allowDenied = Counter.define(ALLOW_DENIED);
  }

  observe(decider: Decider): void {
    if (decider.has(AUDIT)) this.audit(decider);
    if (decider.has(DRY_RUN_DENY)) this.tryDeny(decider);
    if (decider.has(DRY_RUN_ALLOW)) this.tryAllow(decider);
  }

  private audit(decider: Decider): void {
    const rule = decider.firstOf(AUDIT);
    if (rule < 0) return;
    this.audits.increment();
    note(decider, "audit: the request matches ", rule);
  }

  private tryDeny(decider: Decider): void {
    const rule = decider.firstOf(DRY_RUN_DENY);
    const isDenied = rule >= 0;
    if (isDenied) this.denyDenied.increment();
    else this.denyAllowed.increment();
    setProperty(DENY_RESULT, isDenied ? DENIED_TEXT : ALLOWED_TEXT);
    if (!isDenied) return;
    setProperty(DENY_POLICY, identityOf(decider.program, rule));
    note(decider, "dry run: the request would be denied by ", rule);
  }

  private tryAllow(decider: Decider): void {
    const rule = decider.firstOf(DRY_RUN_ALLOW);
    const isDenied = rule < 0;
    if (isDenied) this.allowDenied.increment();
    else this.allowAllowed.increment();
    setProperty(ALLOW_RESULT, isDenied ? DENIED_TEXT : ALLOWED_TEXT);
    if (isDenied) note(decider, "dry run: the request would be denied, no rule allows it: ", rule);
    else setProperty(ALLOW_POLICY, identityOf(decider.program, rule));
  }
}

function note(decider: Decider, what: string, rule: i32): void {
  if (!logEnabled(LogLevel.Info)) return;
  log(LogLevel.Info, "sluice.authorization: " + what + identityOf(decider.program, rule).toString());
}
