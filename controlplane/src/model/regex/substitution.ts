/** A piece of what takes the place of a match: text, or what a group has captured (0 is the whole match). */
export type SubstitutionPart = { readonly text: string } | { readonly group: number };

/** As RE2's Rewrite reads it: `\0` to `\9` are groups, `\\` is a backslash. A problem is told in words. */
export function parseSubstitution(
  text: string,
  groups: number,
): { readonly parts: readonly SubstitutionPart[] } | { readonly problem: string } {
  const parts: SubstitutionPart[] = [];
  let literal = "";
  for (let i = 0; i < text.length; i++) {
    if (text[i] !== "\\") {
      literal += text[i];
      continue;
    }
    const next = text[++i];
    if (next === "\\") literal += next;
    else if (next === undefined) return { problem: "ends with a backslash: write \\\\ for one" };
    else if (!/\d/.test(next)) return { problem: `has \\${next}, which is no group: write \\\\ for a backslash` };
    else {
      if (Number(next) > groups) return { problem: `has \\${next}, and the pattern has ${countOf(groups)}` };
      if (literal !== "") parts.push({ text: literal });
      literal = "";
      parts.push({ group: Number(next) });
    }
  }
  return { parts: literal === "" ? parts : [...parts, { text: literal }] };
}

function countOf(groups: number): string {
  if (groups === 0) return "no group";
  return groups === 1 ? "one group" : `${groups} groups`;
}
