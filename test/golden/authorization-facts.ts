import { PRINCIPAL_SEPARATOR } from "../../controlplane/src/model/types.ts";
import { textsAt } from "../../controlplane/src/policy/authorization/request.ts";
import type { AuthorizationRequest, Decision } from "../../controlplane/src/policy/authorization.ts";
import type { PureFilter } from "./pure-filter.ts";

const ALLOWED = -1;
const DENIED_BY_DEFAULT = -2;
const FACT_BYTES = 32;
const RULE_BYTES = 32;

/** References to tables in an authorization program: where they are. */
const STRINGS = 28;
const FACTS = 36;
const POLICIES = 68;
const RULES = 76;

/** A program in the filter's memory, ready to decide. */
export class LoadedProgram {
  readonly #filter: PureFilter;
  readonly #at: number;
  readonly #facts: readonly { readonly kind: number; readonly name: string }[];

  /** The program has passed its check. */
  constructor(filter: PureFilter, at: number) {
    this.#filter = filter;
    this.#at = at;
    filter.call("use", at);
    const table = at + filter.word(at + FACTS);
    this.#facts = Array.from({ length: filter.word(at + FACTS + 4) }, (_, index) => {
      const name = filter.word(table + index * FACT_BYTES + 4);
      return { kind: filter.word(table + index * FACT_BYTES), name: name === 0xffff_ffff ? "" : this.#string(name) };
    });
  }

  /** Lets the compiled filter decide as its shell would: facts in, the decision with the rule's name out. */
  decide(request: AuthorizationRequest): Decision {
    return this.#withValues(request, (at, count) => {
      const decision = this.#filter.call("decide", at, count);
      if (decision === DENIED_BY_DEFAULT) return { allowed: false, deniedBy: "none" };
      if (decision !== ALLOWED) return { allowed: false, deniedBy: this.#identity(decision) };
      const by = this.#filter.call("allowedBy");
      return by < 0 ? { allowed: true } : { allowed: true, by: this.#identity(by) };
    });
  }

  /** The identity of a section's rule that matches the request. */
  match(action: number, request: AuthorizationRequest): string | undefined {
    return this.#withValues(request, (at, count) => {
      const rule = this.#filter.call("match", action, at, count);
      return rule < 0 ? undefined : this.#identity(rule);
    });
  }

  #withValues<T>(request: AuthorizationRequest, use: (at: number, count: number) => T): T {
    const texts = this.#facts.flatMap(({ kind, name }, fact) =>
      factValues(kind, name, request).map((text) => ({ fact, bytes: new TextEncoder().encode(text) })),
    );
    const places = texts.map(({ bytes }) => this.#filter.put(bytes));
    const words = new Uint32Array(texts.flatMap(({ fact, bytes }, index) => [fact, places[index] ?? 0, bytes.length]));
    const values = this.#filter.put(new Uint8Array(words.buffer));
    const result = use(values, texts.length);
    for (const at of [...places, values]) this.#filter.call("release", at);
    return result;
  }

  #identity(rule: number): string {
    const record = this.#at + this.#filter.word(this.#at + RULES) + rule * RULE_BYTES;
    const policy = this.#at + this.#filter.word(this.#at + POLICIES) + this.#filter.word(record) * 8;
    const [namespace, name] = [this.#string(this.#filter.word(policy)), this.#string(this.#filter.word(policy + 4))];
    return `ns[${namespace}]-policy[${name}]-rule[${this.#filter.word(record + 4)}]`;
  }

  #string(index: number): string {
    const record = this.#at + this.#filter.word(this.#at + STRINGS) + index * 8;
    return this.#filter.text(this.#at + this.#filter.word(record), this.#filter.word(record + 4));
  }
}

/** The values of a fact by its kind, as the shell reads them from Envoy. */
function factValues(kind: number, name: string, request: AuthorizationRequest): readonly string[] {
  const given = (value: string | undefined): readonly string[] => (value === undefined ? [] : [value]);
  const [issuer] = textsAt(request.claims, ["iss"]);
  const [subject] = textsAt(request.claims, ["sub"]);
  const [filter = "", ...path] = name.split("\0");
  const peer = given(request.peer);
  const byKind = [
    () => given(request.method),
    () => given(request.path),
    () => given(request.host),
    () => [String(request.port)],
    () => given(request.headers[name]),
    () => [`${request.sourceIp.includes(":") ? `[${request.sourceIp}]` : request.sourceIp}:1234`],
    () => [request.remoteIp],
    () => [request.destinationIp],
    () => (request.sni ? [request.sni] : []),
    () => peer,
    () => peer,
    () => peer,
    () => peer,
    () => (issuer && subject ? [`${issuer}${PRINCIPAL_SEPARATOR}${subject}`] : []),
    () =>
      filter === "envoy.filters.http.jwt_authn"
        ? textsAt(request.claims, path.slice(1))
        : textsAt(request.metadata?.[filter], path),
  ];
  return byKind[kind]?.() ?? [];
}
