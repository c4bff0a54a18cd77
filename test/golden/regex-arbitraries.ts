import * as fc from "fast-check";

const characters = [
  "a",
  "b",
  "k",
  "K",
  "s",
  "1",
  "_",
  "-",
  "/",
  " ",
  "\n",
  "é",
  "É",
  "ſ",
  "\u212a",
  "β",
  "Σ",
  "ς",
  "€",
];
const literal = fc.constantFrom(...characters.filter((one) => one !== "\n"));
const classes = "a-k A-Z 0-9 \\d \\W \\s [:alpha:] [:^upper:] \\x{e9}-\\x{20ac} \\p{Lu} \\PL \\n".split(" ");
const classItem = fc.oneof(
  literal.map((one) => (one === "-" ? "\\-" : one)),
  fc.constantFrom(...classes),
);
const characterClass = fc
  .tuple(fc.boolean(), fc.array(classItem, { minLength: 1, maxLength: 3 }))
  .map(([not, items]) => `[${not ? "^" : ""}${items.join("")}]`);
const finite = fc.constantFrom("?", "??", "{0,2}", "{0}");
const times = fc.oneof(finite, fc.constantFrom("*", "+", "*?", "+?", "{2}", "{1,}", "{2,3}?"));
const assertions = ["^", "$", "\\b", "\\B", "\\A", "\\z", "(?i)", "(?s)", "(?m)", "(?U)", "(?-i)"];

/** A part of a pattern, and whether it may match nothing. */
interface Part {
  readonly text: string;
  readonly isEmpty: boolean;
}

const part = (text: string, isEmpty = false): Part => ({ text, isEmpty });
const sequence = (all: readonly Part[]): Part =>
  part(
    all.map(({ text }) => text).join(""),
    all.every(({ isEmpty }) => isEmpty),
  );
const choice = (all: readonly Part[]): Part =>
  part(
    all.map(({ text }) => text).join("|"),
    all.some(({ isEmpty }) => isEmpty),
  );
/** What may match nothing is not repeated without end: RE2 decided that otherwise before 2021, as the one at hand does. */
const repeated = ([atom, often, few]: readonly [Part, string, string]): Part => {
  const by = atom.isEmpty ? few : often;
  return part(atom.text + by, atom.isEmpty || /^[*?]|^\{0/.test(by));
};

const { pattern: anyPattern } = fc.letrec<{ pattern: Part; piece: Part; atom: Part }>((tie) => ({
  pattern: fc.array(fc.array(tie("piece"), { maxLength: 4 }).map(sequence), { minLength: 1, maxLength: 3 }).map(choice),
  piece: fc.oneof(
    { weight: 3, arbitrary: tie("atom") },
    { weight: 2, arbitrary: fc.tuple(tie("atom"), times, finite).map(repeated) },
  ),
  atom: fc.oneof(
    { depthSize: "small" },
    { weight: 6, arbitrary: literal.map((text) => part(text)) },
    {
      weight: 2,
      arbitrary: fc
        .constantFrom(".", "\\d", "\\w", "\\s", "\\S", "\\pL", "\\x61", "\\Qa/\\E", "\\D")
        .map((text) => part(text)),
    },
    { weight: 1, arbitrary: fc.constantFrom(...assertions).map((text) => part(text, true)) },
    { weight: 2, arbitrary: characterClass.map((text) => part(text)) },
    {
      weight: 3,
      arbitrary: fc
        .tuple(fc.constantFrom("(", "(", "(?:", "(?i:", "(?U:"), tie("pattern"))
        .map(([open, { text, isEmpty }]) => part(`${open}${text})`, isEmpty)),
    },
  ),
}));

/** Patterns that are well formed, with all that RE2's syntax has. */
export const pattern = anyPattern.map(({ text }) => text);

/** Values to search in; the characters are those of the patterns. */
export const subject = fc.array(fc.constantFrom(...characters), { maxLength: 12 }).map((all) => all.join(""));

/** Texts of which some are patterns. */
export const garbage = fc
  .array(fc.constantFrom(...Array.from("ab()[]{}*+?|\\^$.,-:12PpQEdxnzAi<>=!é")), { maxLength: 10 })
  .map((all) => all.join(""));
