import { mayShow, type Finding, type Level, type SourceFile } from "@sluice/controlplane/analyze";
import type { Style } from "../output/style.ts";

/** Findings for a person: the place, what is wrong, the line itself, what is allowed and the likely fix. */
export function formatFindings(
  findings: readonly Finding[],
  files: readonly SourceFile[],
  style: Style,
  seen?: Seen,
): string {
  const texts = new Map(files.map(({ path, text }) => [path, text.split("\n")]));
  const blocks = findings.map((finding) => formatFinding(finding, texts.get(finding.position.file) ?? [], style));
  return [...blocks, summary(findings, scope(files.length, seen), style)].join("\n");
}

/** How many objects were looked at, and how many were not because of their kind. */
export interface Seen {
  readonly objects: number;
  readonly ignored: number;
}

/** `7 files`, `12 objects of 7 files (3 more have no meaning here)`. */
function scope(files: number, seen: Seen | undefined): string {
  if (seen === undefined) return count(files, "file");
  const { objects, ignored } = seen;
  const others = ignored === 0 ? "" : ` (${ignored} more ${ignored === 1 ? "has" : "have"} no meaning here)`;
  return `${count(objects, "object")} of ${count(files, "file")}${others}`;
}

function formatFinding(finding: Finding, lines: readonly string[], style: Style): string {
  const { position, code, name, allowed, fix } = finding;
  const head = `${style.strong(placeOf(finding))}: ${coloured(finding.severity, style)} ${code} ${style.faint(name)}`;
  return [
    head,
    `  ${subjectOf(finding)}${finding.message}`,
    ...excerpt(lines[position.line - 1], finding, style),
    ...(allowed === undefined ? [] : [`  allowed: ${allowed}`]),
    ...(fix === undefined ? [] : [`  fix: ${fix}`]),
    "",
  ].join("\n");
}

function placeOf({ position: { file, line, column } }: Finding): string {
  return `${file}:${line}:${column}`;
}

function subjectOf({ object, field, message }: Finding): string {
  const name = object === undefined ? "" : `${object.kind} ${object.namespace}/${object.name}: `;
  return field?.startsWith("spec") !== true || message.includes(field) ? name : `${name}${field}: `;
}

/** Longer lines are no help under a caret. */
const MAX_WIDTH = 160;

function excerpt(text: string | undefined, finding: Finding, style: Style): string[] {
  const { line, column } = finding.position;
  if (
    text === undefined ||
    text.trim() === "" ||
    text.includes("\0") ||
    text.length > MAX_WIDTH ||
    !mayShow(finding, text)
  )
    return [];
  const gutter = `  ${line} | `;
  const indent = text.slice(0, column - 1).replace(/[^\t]/g, " ");
  return [`${style.faint(gutter)}${text.trimEnd()}`, `${style.faint(`${" ".repeat(gutter.length - 2)}| `)}${indent}^`];
}

function coloured(severity: Level, style: Style): string {
  if (severity === "error") return style.bad(severity);
  return severity === "warning" ? style.doubtful(severity) : style.faint(severity);
}

/** `2 errors, 1 warning in 7 files`. */
function summary(findings: readonly Finding[], what: string, style: Style): string {
  const where = `in ${what}`;
  if (findings.length === 0) return `${style.good("✓")} nothing to complain about ${where}`;
  const counts = (["error", "warning"] as const).flatMap((level) => {
    const found = findings.filter(({ severity }) => severity === level).length;
    return found === 0 ? [] : [count(found, level)];
  });
  const infos = findings.filter(({ severity }) => severity === "info").length;
  return `${[...counts, ...(infos === 0 ? [] : [`${infos} info`])].join(", ")} ${where}`;
}

function count(number: number, what: string): string {
  return `${number} ${what}${number === 1 ? "" : "s"}`;
}

/** One line for each, as istioctl writes them: `Error [IST0101] (Kind namespace/name file:line) message`. */
export function formatLog(findings: readonly Finding[]): string[] {
  return findings.map(({ severity, code, object, position, message }) => {
    const level = `${severity.charAt(0).toUpperCase()}${severity.slice(1)}`;
    const name = object === undefined ? "" : `${object.kind} ${object.namespace}/${object.name} `;
    return `${level} [${code}] (${name}${position.file}:${position.line}) ${message}`;
  });
}
