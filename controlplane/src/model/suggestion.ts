import { closest, distance } from "fastest-levenshtein";

/** The name of `known` that a misspelled `word` most likely means; undefined when nothing is near enough to be helpful. */
export function nearest(word: string, known: readonly string[]): string | undefined {
  if (word === "" || known.length === 0) return undefined;
  const lower = word.toLowerCase();
  const sameLetters = known.find((name) => name.toLowerCase() === lower);
  if (sameLetters !== undefined) return sameLetters;
  const best = closest(word, known);
  return distance(word, best) <= Math.max(1, Math.floor(Math.max(word.length, best.length) / 3)) ? best : undefined;
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
