import type { PureFilter } from "./pure-filter.ts";
import type { Decision, RequestFacts } from "./reference/authorization.ts";

const ABSENT = 0xffff_ffff;
const ALLOWED = -1;
const DENIED_BY_DEFAULT = -2;
const PORT_FACT = 3;
const FIRST_HEADER = 4;

/** A reference to a table in an authorization program: where it is, by the offset of the reference. */
const STRINGS = 28;
const HEADER_NAMES = 36;
const RULES = 44;
const RULE_BYTES = 20;

/** Lets the compiled filter decide as its shell would: facts in, the decision with the rule's name out. */
export function decideByFilter(filter: PureFilter, program: number, request: RequestFacts): Decision {
  const count = filter.call("factCount", program);
  const facts = new DataView(new ArrayBuffer(count * 8));
  const setText = (fact: number, text: string | undefined): void => {
    const bytes = new TextEncoder().encode(text ?? "");
    facts.setUint32(fact * 8, text === undefined ? 0 : filter.put(bytes), true);
    facts.setUint32(fact * 8 + 4, text === undefined ? ABSENT : bytes.length, true);
  };
  setText(0, request.method);
  setText(1, request.path);
  setText(2, request.host);
  facts.setUint32(PORT_FACT * 8, request.port, true);
  for (let i = FIRST_HEADER; i < count; i++) {
    const name = filter.word(program + filter.word(program + HEADER_NAMES) + (i - FIRST_HEADER) * 4);
    setText(i, request.headers[stringAt(filter, program, name)]);
  }
  const decision = filter.call("decide", program, filter.put(new Uint8Array(facts.buffer)));
  if (decision === ALLOWED) return { allowed: true };
  if (decision === DENIED_BY_DEFAULT) return { allowed: false, deniedBy: "none" };
  const identity = filter.word(program + filter.word(program + RULES) + decision * RULE_BYTES);
  return { allowed: false, deniedBy: stringAt(filter, program, identity) };
}

function stringAt(filter: PureFilter, program: number, index: number): string {
  const record = program + filter.word(program + STRINGS) + index * 8;
  return filter.text(program + filter.word(record), filter.word(record + 4));
}
