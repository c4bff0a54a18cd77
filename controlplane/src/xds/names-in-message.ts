/**
 * Finds which of a response's resources a NACK is about. Envoy has no field for it: the names stand in the text, as in
 * `Error adding/updating listener(s) 127.0.0.1_8080: duplicate address` (Envoy: source/common/upstream/cds_api_helper.cc,
 * source/common/listener_manager/lds_api.cc). A name counts only where it is not a part of a longer word, since cluster
 * names are often prefixes of each other. Longest names are looked for first, and their places are not looked at again.
 */
export function namesInMessage(message: string, names: Iterable<string>): string[] {
  let rest = message;
  const found: string[] = [];
  for (const name of [...names].toSorted((a, b) => b.length - a.length)) {
    if (name === "") continue;
    const without = blank(rest, name);
    if (without === rest) continue;
    rest = without;
    found.push(name);
  }
  return found;
}

const partOfName = /[A-Za-z0-9_|.*/-]/;

/** Replaces all whole occurrences by spaces. */
function blank(text: string, name: string): string {
  let result = text;
  for (let at = result.indexOf(name); at >= 0; at = result.indexOf(name, at + 1)) {
    if (partOfName.test(result.charAt(at - 1)) || continues(result, at + name.length)) continue;
    result = result.slice(0, at) + " ".repeat(name.length) + result.slice(at + name.length);
  }
  return result;
}

/** A full stop ends a sentence unless a name goes on after it. */
function continues(text: string, end: number): boolean {
  const next = text.charAt(end);
  return next === "." ? partOfName.test(text.charAt(end + 1)) : partOfName.test(next);
}
