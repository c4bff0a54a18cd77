// asc's own errors that need a way out. They are changed where asc collects them, so that every tool that shows them
// shows the way out as well.

/** By what asc says: what to write instead. `{0}`, `{1}` are the groups of the expression. */
const ADVICE = [
  [/^Not implemented: Closures$/, "pass what the function needs as parameters, or keep it in a field of a class"],
  [/^Not implemented: Exceptions$/, "there is no try and catch: answer null or a status, and ask for it"],
  [/^Not implemented: Iterators$/, "count with an index: for (let i = 0; i < list.length; ++i)"],
  [/^Not implemented: Spread operator$/, "copy with concat() or in a loop"],
  [/^Not implemented: Regular expressions$/, "compare bytes: startsWith, endsWith, indexOf, slice"],
  [/^Not implemented: union types$/, "only a class or string may be `| null`: use a class, or two functions"],
  [/^Cannot find name 'any'\.$/, "there is no type for anything: name the type, or write a generic function <T>"],
  [/^Cannot find name 'undefined'\.$/, "what may be missing is null"],
  [/^Type '<object>' is not assignable/, "an object has a class: class Point { constructor(public x: i32) {} }"],
  [
    /^Type '(?:\S*\/)?(\S+) \| null' is not assignable to type '\S*\1'\.$/,
    "it may be null: put it in a `const` of the function and ask `if (value !== null)` first (a field or a global can change meanwhile)",
  ],
  [
    /^Type '\S+ \| null' is not assignable to type 'usize'\.$/,
    "a conditional has the type of its first value, and `null` alone has none: put the value first, `x !== null ? f(x) : null`",
  ],
  [
    /^Operator '&&' cannot be applied to types '\S+ \| null' and 'bool'\.$/,
    "ask for null in so many words: `value !== null && ...`",
  ],
  [
    /^Type '~lib\/string\/String' is not assignable to type '\S+\/wire\/bytes\/Bytes(?: \| null)?'\.$/,
    'write utf8("...") for a literal, Bytes.encode(text) for another string',
  ],
  [
    /^Type '\S+\/wire\/bytes\/Bytes(?: \| null)?' is not assignable to type '~lib\/string\/String(?: \| null)?'\.$/,
    'compare bytes with value.equals(utf8("...")); value.toString() makes a string, which costs',
  ],
];

/** Errors of the parser, by the text that it stopped at. */
const SYNTAX = [
  ["?.", "AssemblyScript has no `?.`: ask for null first"],
  ["??", "AssemblyScript has no `??`: `a || b` does the same for Bytes and other objects"],
  ["async", "there are no promises: dispatch a call and take its answer in onCallResponse"],
  ["await", "there are no promises: dispatch a call and take its answer in onCallResponse"],
];
const DESTRUCTURING = /^(?:const|let)\s*[[{]/;
const EXPRESSION_EXPECTED = 1109;
const IDENTIFIER_EXPECTED = 1003;

/** Lets a program's diagnostics say what to do. */
export function explainErrors(program) {
  const list = program.diagnostics;
  const push = list.push.bind(list);
  list.push = (...messages) => push(...messages.map(explain));
}

function explain(diagnostic) {
  const advice = adviceFor(diagnostic);
  if (advice !== undefined) diagnostic.message = `${diagnostic.message.replace(/\.$/, "")}: ${advice}`;
  return diagnostic;
}

function adviceFor({ message, code, range }) {
  const source = range?.source;
  if (!source || source.normalizedPath.startsWith("~lib/")) return undefined;
  if (code === EXPRESSION_EXPECTED || code === IDENTIFIER_EXPECTED) return syntaxAdvice(source.text, range.start);
  return ADVICE.find(([pattern]) => pattern.test(message))?.[1];
}

/** The parser stops at the token, or behind its first character. */
function syntaxAdvice(text, at) {
  if (DESTRUCTURING.test(text.slice(at))) return "there is no destructuring: take each element by its index or name";
  const around = [text.slice(at), text.slice(Math.max(at - 1, 0))];
  return SYNTAX.find(([token]) => around.some((rest) => rest.startsWith(token)))?.[1];
}
