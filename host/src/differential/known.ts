/** A difference that stays, and why Envoy can't be followed. */
export interface KnownDifference {
  readonly title: string;
  /** As `Difference.what`. */
  readonly what: string;
  readonly why: string;
}

/** Reads lines of `title | what | why`; empty ones and those that begin with # count for nothing. Throws for any other line. */
export function parseKnown(text: string): readonly KnownDifference[] {
  return text.split("\n").flatMap((line, index) => {
    if (line.trim() === "" || line.startsWith("#")) return [];
    const [title = "", what = "", why = ""] = line.split(" | ").map((part) => part.trim());
    if (title === "" || what === "" || why === "")
      throw new Error(`line ${index + 1}: wanted "title | what | why", got: ${line}`);
    return [{ title, what, why }];
  });
}
