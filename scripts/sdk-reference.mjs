// Writes the SDK's API reference, docs/sdk/*.md, from its sources: `node scripts/sdk-reference.mjs`, or with --check
// says which files are out of date, without writing.
//
// The sources are read with AssemblyScript's own parser. TypeDoc takes them for TypeScript: it stops at 146 errors
// (decorators, @unmanaged classes without constructors), and needs a second TypeScript beside the workspace's, as
// version 7 has no API for tools.

import { readFile, readdir, writeFile } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import * as assemblyscript from "assemblyscript";

const { NodeKind } = assemblyscript;
const root = path.join(path.dirname(fileURLToPath(import.meta.url)), "..");
const sdk = path.join(root, "sdk");
const examplesFolder = path.join(sdk, "tests/examples");
const target = path.join(root, "docs/sdk");

// The pages, in the order of the index; the first prefix that fits a source's path has it.
/** @type {readonly (readonly [file: string, title: string, prefixes: readonly string[]])[]} */
const PAGES = [
  ["contexts", "Contexts and registration", ["context/", "runtime/"]],
  [
    "headers-and-bodies",
    "Headers, bodies and local replies",
    ["http/headers", "http/body", "http/local", "wire/header"],
  ],
  ["bytes", "Bytes", ["wire/bytes", "wire/utf8", "wire/"]],
  ["calls", "Call-outs", ["calls/"]],
  ["properties", "Properties", ["envoy/properties/", "http/property"]],
  ["shared", "Shared data and queues", ["shared/"]],
  ["metrics", "Metrics", ["http/metric"]],
  ["configuration", "Configuration", ["config/"]],
  ["envoy", "Envoy's foreign functions", ["envoy/"]],
  ["host", "Log, clock, random, status", ["http/"]],
  ["numbers", "Numbers of the ABI", ["abi/"]],
];

const NOTE = "<!-- Written by scripts/sdk-reference.mjs from the sources. Change the docstrings there. -->";

async function parse(file) {
  const program = assemblyscript.newProgram(assemblyscript.newOptions());
  assemblyscript.parse(program, await readFile(path.join(sdk, file), "utf8"), file, true);
  return program.sources.find((source) => source.normalizedPath === file);
}

/** What a module exports: name and the file that declares it. Follows `export *`. */
async function exportsOf(file) {
  const source = await parse(file);
  const found = [];
  for (const statement of source.statements) {
    if (statement.kind !== NodeKind.Export || !statement.path) continue;
    const from = `${path.posix.join(path.posix.dirname(file), statement.path.value)}.ts`;
    if (statement.members) found.push(...statement.members.map((member) => ({ name: member.exportedName.text, from })));
    else found.push(...(await exportsOf(from)));
  }
  // A module between: its own re-exports are followed to the declaration.
  return Promise.all(found.map((item) => resolve(item)));
}

async function resolve(item) {
  const source = await parse(item.from);
  if (declarationIn(source, item.name)) return { ...item, source };
  const further = (await exportsOf(item.from)).find(({ name }) => name === item.name);
  if (!further) throw new Error(`${item.from} does not declare ${item.name}`);
  return further;
}

function declarationIn(source, name) {
  for (const statement of source.statements) {
    const candidates = statement.kind === NodeKind.Variable ? statement.declarations : [statement];
    const found = candidates.find((candidate) => candidate.name?.text === name);
    if (found) return { declaration: found, statement };
  }
  return undefined;
}

/** The docstring that ends right before a node, decorators and modifiers between; "" when there is none. */
function docBefore({ range }) {
  const text = range.source.text.slice(0, range.start);
  const [, doc = ""] =
    /\/\*\*((?:(?!\*\/)[^])*)\*\/\s*(?:(?:\/\/[^\n]*|@\w+(?:\([^)]*\))?|export|declare|abstract|static|private|get|set|const|let|readonly)\s+)*$/.exec(
      text,
    ) ?? [];
  return doc
    .split("\n")
    .map((line) => line.replace(/^\s*\* ?/, "").trimEnd())
    .join("\n")
    .trim();
}

/** A docstring as Markdown: parameters become a list. */
function markdown(doc) {
  return doc
    .replace(/\n?^@param (\w+) /gm, "\n- `$1`: ")
    .replace(/\n?^@returns? /gm, "\n- answers ")
    .replace(/^```$/m, "```ts")
    .trim();
}

/** A declaration's text up to its body, on one line. */
function signature(node) {
  const { text } = node.range.source;
  const start = startOf(node);
  const end = node.body ? node.body.range.start : node.range.end;
  return text
    .slice(start, end)
    .replace(/=>\s*$/, "")
    .replace(/ = changetype<[^;]*$/, "")
    .replace(/\b_(?=\w+:)/g, "")
    .replace(/\s+/g, " ")
    .replace(/\(\s+/g, "(")
    .replace(/,?\s+\)/g, ")")
    .replace(/[;{]\s*$/, "")
    .trim();
}

/** Where its own words begin: behind decorators. */
function startOf(node) {
  const modifiers = /(?:(?:abstract|static|get|set|readonly)\s+)*$/.exec(
    node.range.source.text.slice(0, node.range.start),
  );
  return node.range.start - (modifiers?.[0].length ?? 0);
}

const PRIVATE = assemblyscript.CommonFlags?.Private ?? 1 << 8;

function isPublic(member) {
  const before =
    member.range.source.text
      .slice(0, member.name.range.start)
      .split(/[;{}\n]/)
      .at(-1) ?? "";
  return (
    !/\b(private|protected)\b/.test(before) &&
    !(member.flags & PRIVATE) &&
    !docBefore(member).endsWith("The runtime's.")
  );
}

function describe({ name, source }) {
  const { declaration, statement } = declarationIn(source, name);
  const doc = markdown(docBefore(statement.kind === NodeKind.Variable ? statement : declaration));
  switch (declaration.kind) {
    case NodeKind.ClassDeclaration:
      return describeClass(declaration, doc);
    case NodeKind.EnumDeclaration:
      return describeEnum(declaration, doc);
    case NodeKind.FunctionDeclaration:
      return section(`\`${name}\``, signature(declaration).replace(/^export /, ""), doc);
    default: {
      const type = declaration.type ? `: ${textOf(declaration.type)}` : "";
      return section(`\`${name}\``, `const ${name}${type}`, doc);
    }
  }
}

function section(title, code, doc) {
  return `## ${title}\n\n\`\`\`ts\n${code}\n\`\`\`\n\n${doc}\n`;
}

function describeClass(declaration, doc) {
  const base = declaration.extendsType ? ` extends ${textOf(declaration.extendsType)}` : "";
  const parts = [
    `## class \`${declaration.name.text}\`${base ? `\n\n\`class ${declaration.name.text}${base}\`` : ""}`,
    doc,
  ];
  for (const member of declaration.members.filter(isPublic)) {
    const memberDoc = markdown(docBefore(member));
    parts.push(`### \`${signature(member)}\``, memberDoc);
  }
  return `${parts.filter((part) => part !== "").join("\n\n")}\n`;
}

function describeEnum(declaration, doc) {
  const rows = declaration.values.map((value) => {
    const note = docBefore(value).replaceAll("\n", " ");
    return `| \`${value.name.text}\` | ${value.initializer ? textOf(value.initializer) : ""} | ${note} |`;
  });
  return `## enum \`${declaration.name.text}\`\n\n${doc ? `${doc}\n\n` : ""}| name | number | |\n|---|---|---|\n${rows.join("\n")}\n`;
}

function textOf({ range }) {
  return range.source.text.slice(range.start, range.end);
}

function pageOf(from) {
  const page = PAGES.find(([, , prefixes]) => prefixes.some((prefix) => from.startsWith(prefix)));
  if (!page) throw new Error(`no page for ${from}: add its folder to PAGES`);
  return page[0];
}

/**
 * The examples, by each name that they are for: the regions of sdk/tests/examples, whose first line has the names. What
 * is wrong with them comes out as `problems`.
 */
async function readExamples(names) {
  const byName = new Map();
  const problems = [];
  for (const file of (await readdir(examplesFolder)).toSorted()) {
    const text = await readFile(path.join(examplesFolder, file), "utf8");
    for (const [, title, code] of text.matchAll(/^\/\/#region (.+)\n([^]*?)^\/\/#endregion$/gm)) {
      const [owner] = title.split(" ");
      for (const name of title.split(" ")) {
        if (!names.has(name)) problems.push(`example of nothing: ${name} (${file})`);
        if (!namedIn(code, name)) problems.push(`not in its example: ${name} (${file})`);
        if (byName.has(name)) problems.push(`two examples: ${name} (${file})`);
        byName.set(name, { owner, code: code.trim() });
      }
    }
  }
  for (const name of names) if (!byName.has(name)) problems.push(`no example: ${name}`);
  return { byName, problems };
}

/** Also a type that is never written down: of `requestBody`, which is a `Body`. */
const BY_VALUE = new Map([
  ["HttpContext", "HttpContext"],
  ["StreamContext", "onResponseHeaders"],
  ["Context", "dispatch"],
  ["HeaderMap", "requestHeaders"],
  ["HeaderPairs", "pairs"],
  ["Body", "requestBody"],
  ["SharedData", "sharedData"],
  ["CallStatus", "callStatus"],
  ["Environment", "environment"],
]);

function namedIn(code, name) {
  return [name, BY_VALUE.get(name) ?? name].some((word) => new RegExp(`\\b${word}\\b`).test(code));
}

/** An item's example, or where it is. */
function exampleOf(item, items, examples) {
  const example = examples.get(item.name);
  if (!example) return "";
  if (example.owner === item.name) return `\nExample:\n\n\`\`\`ts\n${example.code}\n\`\`\`\n`;
  const owner = items.find(({ name }) => name === example.owner);
  return owner ? `\nExample: see [\`${owner.name}\`](${pageOf(owner.from)}.md#${anchorOf(owner)}).\n` : "";
}

/** As GitHub makes it of the heading. */
function anchorOf({ name, source }) {
  const { kind } = declarationIn(source, name).declaration;
  const prefix = kind === NodeKind.ClassDeclaration ? "class-" : kind === NodeKind.EnumDeclaration ? "enum-" : "";
  return `${prefix}${name.toLowerCase()}`;
}

/** Every page's text by file name. */
async function reference() {
  const items = await exportsOf("index.ts");
  const examples = await readExamples(new Set(items.map(({ name }) => name)));
  const files = new Map();
  const index = [];
  for (const [file, title] of PAGES) {
    const own = items.filter(({ from }) => pageOf(from) === file);
    const names = own.map(({ name }) => `\`${name}\``).join(", ");
    files.set(
      `${file}.md`,
      `${NOTE}\n\n# ${title}\n\n${own.map((item) => describe(item) + exampleOf(item, items, examples.byName)).join("\n")}`,
    );
    index.push(`- [${title}](${file}.md): ${names}`);
  }
  files.set(
    "README.md",
    `${NOTE}\n\n# The SDK's API\n\nEverything is imported from \`proxy-wasm-assemblyscript-sdk\`.\n\n${index.join("\n")}\n`,
  );
  return { files, items, problems: examples.problems };
}

const { files, items, problems: exampleProblems } = await reference();
const undocumented = items
  .filter(({ name, source }) => {
    const { declaration, statement } = declarationIn(source, name);
    return docBefore(statement.kind === NodeKind.Variable ? statement : declaration) === "";
  })
  .map(({ name, from }) => `${name} (sdk/${from})`);
const problems = [...undocumented.map((item) => `no docstring: ${item}`), ...exampleProblems];
if (process.argv.includes("--check")) {
  for (const [name, text] of files) {
    const current = await readFile(path.join(target, name), "utf8").catch(() => "");
    if (current !== text) problems.push(`out of date: docs/sdk/${name}`);
  }
  const written = await readdir(target).catch(() => []);
  problems.push(...written.filter((name) => !files.has(name)).map((name) => `of nothing: docs/sdk/${name}`));
} else {
  for (const [name, text] of files) await writeFile(path.join(target, name), text);
}
if (problems.length > 0) {
  process.stderr.write(`${problems.join("\n")}\n`);
  process.exitCode = 1;
}
