import { Action, Bytes, Counter, DataAction, log, LogLevel, TcpContext, utf8 } from "proxy-wasm-assemblyscript-sdk";
import { tableAt, tableCount } from "../common/program";
import { ConnectionFacts } from "./connection-facts";
import { ALLOWED, Decider } from "./decide";
import { denialDetails } from "./details";
import { FACT_BYTES, FACTS, PRINCIPAL, SNI, TRUST_DOMAIN } from "./layout";

const DENIED = utf8("authorization_connections_denied");

/** Authorization of connections that are not HTTP, by a program that was compiled for them. */
export class ConnectionAuthorizer {
  private facts: ConnectionFacts;
  private decider: Decider;
  private denied: Counter = Counter.define(DENIED);
  /** Who the peer is, is known when its TLS handshake has ended: with the first data, as Envoy's own filter decides. */
  readonly isLate: bool;

  /** The program has passed its check, and stays where it is. */
  constructor(program: usize) {
    const facts = new ConnectionFacts(program);
    this.facts = facts;
    this.decider = new Decider(program, facts);
    this.isLate = asksTls(program);
  }

  admits(): bool {
    this.facts.begin();
    this.decider.begin();
    const decision = this.decider.decide();
    if (decision == ALLOWED) return true;
    this.denied.increment();
    const details = denialDetails(this.decider.program, decision);
    log(LogLevel.Info, "sluice.authorization: connection closed, " + details.toString());
    return false;
  }
}

function asksTls(program: usize): bool {
  let fact = tableAt(program, FACTS);
  for (let i: u32 = 0, count = tableCount(program, FACTS); i < count; i++, fact += FACT_BYTES) {
    const kind = load<u32>(fact);
    if (kind == SNI || (kind >= PRINCIPAL && kind <= TRUST_DOMAIN)) return true;
  }
  return false;
}

/** One connection: it is decided about once. */
export class AuthorizedConnection extends TcpContext {
  private isAdmitted: bool = false;

  constructor(private authorizer: ConnectionAuthorizer | null) {
    super();
  }

  reset(): void {
    this.isAdmitted = false;
  }

  onNewConnection(): Action {
    const authorizer = this.authorizer;
    if (authorizer !== null && authorizer.isLate) return Action.Continue;
    return this.decide() ? Action.Continue : Action.StopIteration;
  }

  onDownstreamData(_size: u32, _endOfStream: bool): DataAction {
    return this.isAdmitted || this.decide() ? DataAction.Continue : DataAction.StopIterationNoBuffer;
  }

  private decide(): bool {
    const authorizer = this.authorizer;
    this.isAdmitted = authorizer !== null && authorizer.admits();
    if (!this.isAdmitted) this.closeDownstream();
    return this.isAdmitted;
  }
}
