import { parseFiles, type SourceFile } from "../../config/index.ts";
import { admit, type Admission } from "../admit.ts";
import { decodeDocument } from "../declared-object.ts";
import type { Diagnostic } from "../diagnostic.ts";
import { SUPPORTED, type SupportedKind } from "../kinds/api-versions.ts";
import type { Declared } from "../kinds/decode-object.ts";
import { NO_LAST_GOOD, type LastGood } from "../last-good.ts";

/** A whole object around a spec whose first line is line 5 of the text, indented by two. */
export function objectText(kind: SupportedKind, spec: string, name = "x", namespace = "shop"): string {
  const indented = spec
    .trim()
    .split("\n")
    .map((line) => `  ${line}`)
    .join("\n");
  return `apiVersion: ${SUPPORTED[kind][0]}\nkind: ${kind}\nmetadata: { name: ${name}, namespace: ${namespace} }\nspec:\n${indented}\n`;
}

/** Decodes one object by its spec alone. */
export function decodeSpecText(
  kind: SupportedKind,
  spec: string,
): { declared: Declared | undefined; problems: string[] } {
  const [document] = parseFiles([{ path: "x.yaml", text: objectText(kind, spec) }]);
  if (document === undefined) throw new Error("the text of a test has no document");
  const content = decodeDocument(document);
  const diagnostics = [...content.diagnostics, ...content.objects.flatMap((object) => object.diagnostics)];
  return { declared: content.objects[0]?.declared, problems: diagnostics.map(shortDiagnostic) };
}

/** The object that a good spec makes; an error in it fails the test. */
export function decodeGood(kind: SupportedKind, spec: string): Declared["object"] {
  const { declared, problems } = decodeSpecText(kind, spec);
  if (declared === undefined) throw new Error(problems.join("\n"));
  return declared.object;
}

/** `line:column CODE message | allowed: ... | fix: ...`, with `warning` after the code of a warning. */
export function shortDiagnostic({ position, severity, code, message, allowed, fix }: Diagnostic): string {
  const head = `${position.line}:${position.column} ${code}${severity === "warning" ? " warning" : ""} ${message}`;
  return [
    head,
    ...(allowed === undefined ? [] : [`allowed: ${allowed}`]),
    ...(fix === undefined ? [] : [`fix: ${fix}`]),
  ].join(" | ");
}

/** Admits texts by file name. */
export function admitTexts(texts: Readonly<Record<string, string>>, lastGood: LastGood = NO_LAST_GOOD): Admission {
  return admit(toFiles(texts), lastGood);
}

export function toFiles(texts: Readonly<Record<string, string>>): SourceFile[] {
  return Object.entries(texts).map(([path, text]) => ({ path, text }));
}
