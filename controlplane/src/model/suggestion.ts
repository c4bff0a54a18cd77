import { closest, distance } from "fastest-levenshtein";

/** The name of `known` that a misspelled `word` most likely means; undefined when nothing is near enough to be helpful. */
export function nearest(word: string, known: readonly string[]): string | undefined {
  if (word === "" || known.length === 0) return undefined;
  const lower = word.toLowerCase();
  const sameLetters = known.find((name) => name.toLowerCase() === lower);
  if (sameLetters !== undefined) return sameLetters;
  const swapped = known.find((name) => isSwapped(lower, name.toLowerCase()));
  if (swapped !== undefined) return swapped;
  const best = closest(word, known);
  // One letter of two is half a name: v3 is no more a slip for v1 than for v2.
  return distance(word, best) <= Math.floor(Math.max(word.length, best.length) / 3) ? best : undefined;
}

/**
 * The host that was meant, as a user would write it. Users write short names, so a wrong short name is compared by its
 * first label within its own namespace, and a short name of another namespace is made whole.
 */
export function nearestHost(host: string, known: readonly string[]): string | undefined {
  const [name = "", ...domain] = host.split(".");
  const tail = domain.join(".");
  const neighbours = known.filter((other) => tail !== "" && other.endsWith(`.${tail}`));
  const near = nearest(
    name,
    neighbours.map((other) => other.slice(0, -tail.length - 1)),
  );
  return near ?? known.find((other) => other.startsWith(`${host}.`)) ?? nearest(host, known);
}

/** True when two neighbouring letters changed places, the commonest slip of all, which counts as two edits elsewhere. */
function isSwapped(a: string, b: string): boolean {
  if (a.length !== b.length) return false;
  let at = 0;
  while (at < a.length && a[at] === b[at]) at++;
  return at < a.length - 1 && a[at] === b[at + 1] && a[at + 1] === b[at] && a.slice(at + 2) === b.slice(at + 2);
}

/** The `fix` of a diagnostic: `did you mean "route"?`. */
export function didYouMean(word: string, known: readonly string[]): string | undefined {
  const best = nearest(word, known);
  return best === undefined ? undefined : `did you mean "${best}"?`;
}

/** The `allowed` of a diagnostic; long lists are cut, because nobody reads forty names in a terminal. */
export function listAllowed(names: readonly string[], most = 40): string {
  const shown = names.slice(0, most).join(", ");
  return names.length > most ? `${shown}, and ${names.length - most} more` : shown;
}
