import type { Problem } from "./to-value.ts";

/** `{{` and what Go's templates, as Helm has them, go on with. */
const TEMPLATE =
  /\{\{-?\s*(?:[.$("]|\/\*|if\b|else\b|end\b|range\b|with\b|define\b|include\b|template\b|block\b|toYaml\b|[a-z]\w*\s)/i;

/** What a text is that should be YAML and is not even meant as such: then nothing else is worth saying of it. */
export function notYaml(text: string, isBroken: boolean): Problem | undefined {
  const nul = text.indexOf("\0");
  if (nul >= 0)
    return {
      offset: nul,
      message: "this is no text in UTF-8: it has bytes that are zero",
      fix: "save the file as UTF-8, or leave it out",
    };
  const template = isBroken ? TEMPLATE.exec(text) : null;
  if (template === null) return undefined;
  return {
    offset: template.index,
    message: "this is a template for YAML, which something else has to fill in before",
    fix: "give what comes of it, as `helm template . | sluice validate -` does",
  };
}
