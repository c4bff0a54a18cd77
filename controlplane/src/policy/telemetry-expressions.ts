import { ATTRIBUTES, MAPS } from "../model/telemetry-attributes.ts";
import type { Known } from "../model/telemetry-attributes.ts";
import type { Expression, Operation } from "../model/telemetry-expression.ts";
import { labelSource } from "./metric-labels.ts";
import type { StringTable } from "./program-writer.ts";
import { Table } from "./program-writer.ts";

/** Codes of the steps that an expression is run by, in a program. */
const Step = {
  literal: 1,
  input: 2,
  fact: 3,
  requestHeader: 4,
  responseHeader: 5,
  text: 6,
  number: 7,
  truth: 8,
} as const;

const OPERATIONS: Readonly<Record<Operation, number>> = {
  select: 16,
  and: 17,
  or: 18,
  not: 19,
  equal: 20,
  unequal: 21,
  less: 22,
  atMost: 23,
  concat: 24,
  startsWith: 25,
  endsWith: 26,
  contains: 27,
  has: 28,
};

/** When facts are read; the place is the number in a program. */
const PHASES: readonly Known[] = ["start", "request", "response", "end"];

/** More facts than anyone has labels for; what is beyond them is unknown. The filter's limit too. */
const MAX_FACTS = 32;

type Word = readonly [code: number, operand: number];

/**
 * The expressions of a program. What can be worked out as soon as one moment of a request is there becomes a fact: the
 * filter works it out once a request and keeps its result. What is made of facts of several moments, and of labels, is
 * worked out only for combinations of them that are new.
 */
export class Expressions {
  readonly facts = new Table(3);
  readonly expressions = new Table(2);
  readonly steps = new Table(2);
  readonly #strings: StringTable;
  readonly #factIndex = new Map<string, number>();
  readonly #expressionIndex = new Map<string, number>();

  constructor(strings: StringTable) {
    this.#strings = strings;
  }

  /** What a label is: its source and the source's operand, given the numbers of the sources above Istio's own. */
  source(expression: Expression, kinds: { literal: number; fact: number; expression: number }): Word {
    if ("literal" in expression) return [kinds.literal, this.#strings.intern(String(expression.literal))];
    const label = "attribute" in expression ? ATTRIBUTES.get(expression.attribute)?.label : undefined;
    if (label !== undefined) return [labelSource(label), 0];
    if (momentOf(expression) !== "label") {
      const fact = this.#fact(expression);
      return fact === undefined ? [kinds.literal, this.#strings.intern("unknown")] : [kinds.fact, fact];
    }
    const words = this.#late(expression);
    const key = JSON.stringify(words);
    const index = this.#expressionIndex.get(key) ?? this.expressions.add(...this.#append(words));
    this.#expressionIndex.set(key, index);
    return [kinds.expression, index];
  }

  /** The fact's number; undefined where there are too many. */
  #fact(expression: Expression): number | undefined {
    const words = this.#early(expression);
    const phase = PHASES.indexOf(momentOf(expression) ?? "start");
    const key = JSON.stringify([phase, words]);
    const known = this.#factIndex.get(key);
    if (known !== undefined || this.facts.count === MAX_FACTS) return known;
    const index = this.facts.add(phase, ...this.#append(words));
    this.#factIndex.set(key, index);
    return index;
  }

  #append(words: readonly Word[]): readonly [first: number, count: number] {
    const first = this.steps.count;
    for (const word of words) this.steps.add(...word);
    return [first, words.length];
  }

  /** The steps of what is read in one moment. */
  #early(expression: Expression): readonly Word[] {
    if ("operation" in expression) {
      const operands = expression.operands.flatMap((operand) => this.#early(operand));
      return [...operands, [OPERATIONS[expression.operation], 0]];
    }
    return [this.#leaf(expression)];
  }

  /** The steps of what is worked out from facts and labels. */
  #late(expression: Expression): readonly Word[] {
    const moment = momentOf(expression);
    if (moment !== "label" && moment !== undefined) {
      const fact = this.#fact(expression);
      // A fact of this number does not exist in any program: it is absent.
      return [fact === undefined ? [Step.input, 0] : [Step.fact, fact]];
    }
    if (!("operation" in expression)) return [this.#leaf(expression)];
    const operands = expression.operands.flatMap((operand) => this.#late(operand));
    return [...operands, [OPERATIONS[expression.operation], 0]];
  }

  #leaf(expression: Exclude<Expression, { readonly operation: Operation }>): Word {
    const text = (value: string): number => this.#strings.intern(value);
    if ("literal" in expression) return [Step.literal, text(String(expression.literal))];
    if ("requestHeader" in expression) return [Step.requestHeader, text(expression.requestHeader)];
    if ("responseHeader" in expression) return [Step.responseHeader, text(expression.responseHeader)];
    // Paths of properties are joined by NUL.
    if ("nodeMetadata" in expression) return [Step.text, text(`xds\0node\0metadata\0${expression.nodeMetadata}`)];
    const info = ATTRIBUTES.get(expression.attribute);
    if (info?.label !== undefined) return [Step.input, labelSource(info.label)];
    return [Step[info?.type ?? "text"], text(expression.attribute.replaceAll(".", "\0"))];
  }
}

/** The moment in which all of an expression is known; "label" where it is made of several; undefined for a constant. */
function momentOf(expression: Expression): Known | undefined {
  if ("literal" in expression) return undefined;
  if ("requestHeader" in expression) return MAPS.get("request.headers");
  if ("responseHeader" in expression) return MAPS.get("response.headers");
  if ("nodeMetadata" in expression) return MAPS.get("xds.node.metadata");
  if ("attribute" in expression) return ATTRIBUTES.get(expression.attribute)?.known;
  const moments = new Set(expression.operands.map(momentOf).filter((moment) => moment !== undefined));
  // What the proxy knows from its start is there at any moment: so little is kept of what it is compared with.
  if (moments.size > 1) moments.delete("start");
  const [only] = moments;
  return moments.size > 1 ? "label" : only;
}
