import * as fc from "fast-check";
import { createHost } from "@sluice/host";
import type { Header, Host, Plugin } from "@sluice/host";
import { beforeAll, expect, test } from "vitest";
import type { Expression } from "../../controlplane/src/model/telemetry-expression.ts";
import { parseExpression } from "../../controlplane/src/model/telemetry-expression.ts";
import { bundlePrograms, compileTelemetry } from "../../controlplane/src/policy/index.ts";
import { telemetry } from "./models.ts";
import { NODE, policiesModule } from "./policies.ts";

// Labels of random expressions, as the module that ships works them out over requests, and as CEL has them.

const PROGRAMS = 100;
const LABELS = 12;
const REQUESTS = 12;

interface Facts {
  readonly method: string;
  readonly a: string | undefined;
  readonly answer: string | undefined;
  readonly code: number;
  readonly size: number;
}

type Value = string | number | boolean | undefined;

/** The reference: a value, or undefined where CEL has an error. */
function evaluate(expression: Expression, facts: Facts): Value {
  if ("literal" in expression) return expression.literal;
  if ("requestHeader" in expression) return facts.a;
  if ("responseHeader" in expression) return facts.answer;
  if ("nodeMetadata" in expression) return expression.nodeMetadata === "TEAM" ? "shop" : undefined;
  if ("attribute" in expression) return attribute(expression.attribute, facts);
  const values = expression.operands.map((operand) => evaluate(operand, facts));
  const [first, second, third] = values;
  if (expression.operation === "has") return first !== undefined;
  if (expression.operation === "and")
    return values.includes(false) ? false : values.includes(undefined) ? undefined : true;
  if (expression.operation === "or")
    return values.includes(true) ? true : values.includes(undefined) ? undefined : false;
  if (expression.operation === "select") return first === undefined ? undefined : first ? second : third;
  if (values.includes(undefined)) return undefined;
  switch (expression.operation) {
    case "not":
      return first === false;
    // Both are of one type in CEL; a number that string() was about is still a number here.
    case "equal":
      return String(first) === String(second);
    case "unequal":
      return String(first) !== String(second);
    case "less":
      return Number(first) < Number(second);
    case "atMost":
      return Number(first) <= Number(second);
    case "concat":
      return `${String(first)}${String(second)}`;
    case "startsWith":
      return String(first).startsWith(String(second));
    case "endsWith":
      return String(first).endsWith(String(second));
    case "contains":
      return String(first).includes(String(second));
    default:
      return expression.operation satisfies never;
  }
}

function attribute(name: string, facts: Facts): Value {
  const known: Readonly<Record<string, Value>> = {
    "request.method": facts.method,
    "response.code": facts.code,
    "request.size": facts.size,
    "downstream_peer.app": "self",
    "upstream_peer.app": undefined,
    "xds.cluster_name": "c",
  };
  return known[name];
}

/** Expressions by type, as text: so the parser is tried, too. */
const { text, truth } = fc.letrec<{ text: string; number: string; truth: string }>((tie) => ({
  number: fc.constantFrom("response.code", "request.size", "200", "404", "-1", "7"),
  text: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    fc.constantFrom("request.method", "request.headers['x-a']", "response.headers['x-b']", "'G'", "'a'", "''"),
    fc.constantFrom(
      "node.metadata['TEAM']",
      "node.metadata['NONE']",
      "downstream_peer.app",
      "upstream_peer.app",
      "'ab'",
    ),
    fc.tuple(tie("text"), tie("text")).map(([left, right]) => `${left} + ${right}`),
    fc.tuple(tie("truth"), tie("text"), tie("text")).map(([condition, yes, no]) => `(${condition} ? ${yes} : ${no})`),
    tie("number").map((number) => `string(${number})`),
  ),
  truth: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    fc.constantFrom("true", "'x-a' in request.headers", "has(request.method)", "has(upstream_peer.app)"),
    fc
      .tuple(tie("text"), fc.constantFrom("==", "!="), tie("text"))
      .map(([left, symbol, right]) => `((${left}) ${symbol} (${right}))`),
    fc
      .tuple(tie("number"), fc.constantFrom("<", "<=", ">", ">=", "=="), tie("number"))
      .map(([left, symbol, right]) => `(${left} ${symbol} ${right})`),
    fc
      .tuple(tie("text"), fc.constantFrom("startsWith", "endsWith", "contains"), tie("text"))
      .map(([of, name, part]) => `(${of}).${name}(${part})`),
    fc
      .tuple(tie("truth"), fc.constantFrom("&&", "||"), tie("truth"))
      .map(([left, symbol, right]) => `(${left} ${symbol} ${right})`),
    tie("truth").map((one) => `!(${one})`),
  ),
}));

const request: fc.Arbitrary<Facts> = fc.record({
  method: fc.constantFrom("GET", "POST", "G"),
  a: fc.constantFrom(undefined, "a", "ab", "", "GET"),
  answer: fc.constantFrom(undefined, "a", "b", "ab"),
  code: fc.constantFrom(200, 404, 503),
  size: fc.constantFrom(0, 7, 1000),
});

let module: Uint8Array<ArrayBuffer>;

beforeAll(async () => {
  module = await policiesModule();
}, 120_000);

test(`${PROGRAMS * LABELS * REQUESTS} labels`, { timeout: 120_000 }, () => {
  const many = <T>(one: fc.Arbitrary<T>, count: number) => fc.array(one, { minLength: count, maxLength: count });
  fc.assert(
    fc.property(many(fc.oneof(text, truth), LABELS), many(request, REQUESTS), (texts, requests) => {
      const read = texts.map((one) => parseExpression(one));
      // Those with too many parts are refused, which is tried elsewhere.
      const expressions = read.flatMap((one) => ("message" in one ? [] : [one]));
      expect(read.flatMap((one) => ("message" in one ? [one.message] : []))).toEqual(
        Array.from({ length: read.length - expressions.length }, () => "it has more than 100 parts"),
      );
      const entries = expressions.map((value, i) => [`label_${i}`, { operation: "UPSERT" as const, value }] as const);
      const program = compileTelemetry(
        [telemetry({ metric: "ALL_METRICS", mode: "CLIENT", tags: Object.fromEntries(entries) })],
        "CLIENT",
      );
      const host = createHost({ properties: { xds: { node: { metadata: { ...NODE.metadata, TEAM: "shop" } } } } });
      const plugin = host.load(module, { configuration: bundlePrograms({ telemetry: program }) ?? new Uint8Array() });
      for (const facts of requests) {
        const labels = labelsOf(host, plugin, facts);
        for (const [i, expression] of expressions.entries()) {
          expect([texts[i], facts, labels[`label_${i}`]]).toEqual([
            texts[i],
            facts,
            String(evaluate(expression, facts) ?? "unknown"),
          ]);
        }
      }
    }),
    { numRuns: PROGRAMS },
  );
});

/** The labels under which one request is counted. */
function labelsOf(
  host: Host,
  plugin: Plugin,
  { method, a, answer, code, size }: Facts,
): Readonly<Record<string, string>> {
  const optional = (name: string, value: string | undefined): readonly Header[] =>
    value === undefined ? [] : [[name, value]];
  const counts = (): ReadonlyMap<string, bigint> => new Map(host.metrics.all().map(({ name, value }) => [name, value]));
  const before = counts();
  const stream = plugin.stream({
    requestHeaders: [[":method", method], [":path", "/"], [":authority", "h"], ...optional("x-a", a)],
    properties: { xds: { cluster_name: "c" }, request: { method, size }, response: { code } },
  });
  stream.requestHeaders();
  stream.responseHeaders([[":status", String(code)], ...optional("x-b", answer)]);
  stream.complete();
  const [name = ""] = [...counts()].find(
    ([one, count]) => one.startsWith("istio_requests_total") && count !== (before.get(one) ?? 0n),
  ) ?? [""];
  const pairs = name.split(";.").slice(1);
  return Object.fromEntries(pairs.map((pair) => [pair.slice(0, pair.indexOf("=")), pair.slice(pair.indexOf("=") + 1)]));
}
