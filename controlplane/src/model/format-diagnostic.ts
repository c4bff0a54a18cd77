import type { Diagnostic } from "./diagnostic.ts";
import { mayShow } from "./may-show.ts";

/** Longer lines are no help under a caret. */
const MAX_WIDTH = 200;

/**
 * A diagnostic as text: `file:line:column: error CODE Kind namespace/name: message`, then what is allowed and the likely
 * fix, each on an indented line of its own. With the file's text, the line and a caret come below the first.
 */
export function formatDiagnostic(diagnostic: Diagnostic, source?: string): string {
  const { position, severity, code, object, field, message, allowed, fix } = diagnostic;
  const subject = object === undefined ? "" : ` ${object.kind} ${object.namespace}/${object.name}`;
  const path = field === undefined || field === "" || message.includes(field) || subject === "" ? "" : `${field}: `;
  const lines = [
    `${position.file}:${position.line}:${position.column}: ${severity} ${code}${subject}: ${path}${message}`,
  ];
  if (source !== undefined) lines.push(...codeFrame(source, diagnostic));
  if (allowed !== undefined) lines.push(`  allowed: ${allowed}`);
  if (fix !== undefined) lines.push(`  fix: ${fix}`);
  return lines.join("\n");
}

function codeFrame(source: string, diagnostic: Diagnostic): string[] {
  const { line, column } = diagnostic.position;
  const text = source.split("\n")[line - 1]?.trimEnd();
  if (text === undefined || text.length > MAX_WIDTH || column > text.length + 1) return [];
  if (!mayShow(diagnostic, text)) return [];
  const gutter = `  ${line} | `;
  // A tab keeps its width when it is repeated below itself.
  const indent = text.slice(0, column - 1).replace(/[^\t]/g, " ");
  return [`${gutter}${text}`, `${" ".repeat(gutter.length - 2)}| ${indent}^`];
}
