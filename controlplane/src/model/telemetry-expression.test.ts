import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseAccessLogCondition } from "./access-log-condition.ts";
import { parseCel } from "./cel/parse.ts";
import { parseExpression } from "./telemetry-expression.ts";

describe("expressions of labels", () => {
  test.each<[text: string, expression: unknown]>([
    ["'shop'", { literal: "shop" }],
    ['"a\\"b"', { literal: 'a"b' }],
    ["response.code", { attribute: "response.code" }],
    ["request.headers['X-Tenant']", { requestHeader: "x-tenant" }],
    ["request.headers.host", { requestHeader: "host" }],
    ["response.headers['x-a']", { responseHeader: "x-a" }],
    ["node.metadata['TEAM']", { nodeMetadata: "TEAM" }],
    ["xds.node.metadata.TEAM", { nodeMetadata: "TEAM" }],
    ["filter_state.upstream_peer.app", { attribute: "upstream_peer.app" }],
    ["string(source.port)", { attribute: "source.port" }],
    [
      "has(request.host) ? request.host : 'none'",
      {
        operation: "select",
        operands: [
          { operation: "has", operands: [{ attribute: "request.host" }] },
          { attribute: "request.host" },
          { literal: "none" },
        ],
      },
    ],
    ["response.code >= 500", { operation: "atMost", operands: [{ literal: 500 }, { attribute: "response.code" }] }],
    ["-1 < response.code", { operation: "less", operands: [{ literal: -1 }, { attribute: "response.code" }] }],
    ["1 + 2 * 3 - 7 / 2 % 2", { literal: 6 }],
    [
      "response.size / 1024 < 10",
      { operation: "less", operands: [{ attribute: "response.size" }, { literal: 10_240 }] },
    ],
    ["200 >= 2 * request.size + 1", { operation: "less", operands: [{ attribute: "request.size" }, { literal: 100 }] }],
    [
      "request.path.matches('^/v1/')",
      { operation: "startsWith", operands: [{ attribute: "request.path" }, { literal: "/v1/" }] },
    ],
    ["'x-a' in request.headers", { operation: "has", operands: [{ requestHeader: "x-a" }] }],
    [
      "!(request.method == 'GET' && connection.mtls)",
      {
        operation: "not",
        operands: [
          {
            operation: "and",
            operands: [
              { operation: "equal", operands: [{ attribute: "request.method" }, { literal: "GET" }] },
              { attribute: "connection.mtls" },
            ],
          },
        ],
      },
    ],
  ])("%s", (text, expression) => {
    expect(parseExpression(text)).toEqual(expression);
  });

  test("the class of a status is a value", () => {
    const expression = parseExpression("string(response.code / 100) + 'xx'");
    const text = JSON.stringify(expression);
    expect(text).toContain(
      '{"operation":"less","operands":[{"attribute":"response.code"},{"literal":300}]},{"literal":2}',
    );
  });

  test.each<[text: string, at: number, message: string | RegExp, fix?: string]>([
    ["shop", 0, /^shop is not an attribute/],
    ["request.hots", 0, /^request.hots is not an attribute/, "did you mean request.host?"],
    ["string(request.total_size)", 7, /^request.total_size is not an attribute/],
    ["request.headers", 0, "request.headers is a map", "write request.headers['name']"],
    ["request.headers[request.host]", 16, "the key must be a text in quotes"],
    ["request.method = 'GET'", 15, "the character = has no meaning here", "write =="],
    ["request.method == 'GET", 18, "the text that begins with ' does not end"],
    ["request.method ==", 17, "a value is missing before the end"],
    ["(request.method", 15, ") is missing before the end"],
    ["request.method request.host", 15, "request was not expected"],
    ["request.method + response.code", 17, "text is wanted here, and this is a number", "write string(…) around it"],
    ["response.code + 1", 14, /^what is calculated can only be compared with a constant/],
    ["request.size + response.size > 5", 13, /^\+ is supported in labels between an attribute and a constant only/],
    ["response.code % 2 == 1", 14, /^% is supported/],
    ["response.code * -2 < 1", 14, /^\* is supported/],
    ["1 / 0", 2, "1 / 0 is no number"],
    ["request.method * 2 < 3", 0, "a number is wanted here, and this is text"],
    ["response.code == '200'", 17, "a number is wanted here, and this is text"],
    ["request.method ? 'a' : 'b'", 0, "true or false is wanted here, and this is text"],
    ["connection.mtls ? 'a' : 1", 24, "text is wanted here, and this is a number", "write string(…) around it"],
    [
      "request.path.matches('a+')",
      21,
      /^the pattern cannot be compiled: what "\+" stands for is too much$/,
      "use startsWith, endsWith or contains",
    ],
    ["request.path.matches('a.*b')", 21, /what "b" stands/, "use startsWith, endsWith or contains"],
    ["request.path.matches('[a-z]')", 21, /more than 16 texts/, "use startsWith, endsWith or contains"],
    ["request.path.matches('(a')", 21, /it ends too early/, "use startsWith, endsWith or contains"],
    ["request.path.matches(request.host)", 12, "matches() takes one text in quotes"],
    ["request.path.lowerAscii()", 12, /^the function lowerAscii\(\) is not supported/],
    ["request.headers['a b']", 15, /is not the name of a header/],
    ["1.5", 0, "1.5 is not supported in labels"],
    ["null", 0, "null is no value for a label"],
    ["[1]", 0, "lists are not supported in labels"],
    ["'\\x41'", 1, "\\x is not supported"],
    ["a".repeat(3) + "(".repeat(50), 35, /nested deeper than 32 levels/],
    [Array.from({ length: 60 }, () => "request.method").join(" + "), 0, "it has more than 100 parts"],
  ])("%s is refused", (text, at, message, fix) => {
    const problem = parseExpression(text);
    expect(problem).toMatchObject({ at, ...(fix === undefined ? {} : { fix }) });
    expect("message" in problem && problem.message).toMatch(message);
  });

  test("no text is more than refused", () => {
    const word = fc.constantFrom(
      "request",
      ".",
      "method",
      "==",
      "'a'",
      "(",
      ")",
      "[",
      "]",
      "?",
      ":",
      "&&",
      "!",
      "has",
      "-",
      "5",
      ",",
    );
    const text = fc.oneof(
      fc.string(),
      fc.array(word, { maxLength: 20 }).map((words) => words.join(" ")),
    );
    fc.assert(
      fc.property(text, (one) => {
        const node = parseCel(one);
        if ("message" in node) expect(node.at).toBeLessThanOrEqual(one.length);
        parseExpression(one);
        parseAccessLogCondition(one);
      }),
      { numRuns: 3000 },
    );
  });
});

describe("conditions of access logs", () => {
  test.each<[text: string, condition: unknown]>([
    ["response.code >= 400", { code: { at: "least", value: 400 } }],
    ["response.code > 399", { code: { at: "least", value: 400 } }],
    ["500 > response.code", { code: { at: "most", value: 499 } }],
    ["request.headers['X-Log'] == 'yes'", { header: "x-log", value: "yes" }],
    ["'x-log' in request.headers", { header: "x-log" }],
    [
      "response.code == 404 && 'x-log' in request.headers",
      { allOf: [{ code: { at: "exactly", value: 404 } }, { header: "x-log" }] },
    ],
    ["response.code != 200", { cel: "response.code != 200" }],
    ["response.code >= 400 || connection.mtls", { cel: "response.code >= 400 || connection.mtls" }],
  ])("%s", (text, condition) => {
    expect(parseAccessLogCondition(text)).toEqual(condition);
  });

  test.each<[text: string, at: number, message: string | RegExp]>([
    ["status >= 400", 0, "status is not an attribute"],
    ["request.url.lowerAscii() == 'a'", 11, /^the function lowerAscii\(\) is not known/],
    ["string(response.code) == '200'", 0, /^the function string\(\) is not known/],
    ["request.path.startsWith()", 12, "startsWith() takes 1 argument"],
    ["has(request)", 0, "has() asks for a field"],
    ["request.path + 'a' == 'b'", 13, "Envoy's access log cannot put texts together"],
  ])("%s is refused, since Envoy would refuse the listener", (text, at, message) => {
    const problem = parseAccessLogCondition(text);
    expect(problem).toMatchObject({ at });
    expect("message" in problem && problem.message).toMatch(message);
  });
});
