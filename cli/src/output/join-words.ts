/** `a`, `a and b`, `a, b and c`. */
export function joinWords(words: readonly string[]): string {
  if (words.length < 2) return words.join("");
  return `${words.slice(0, -1).join(", ")} and ${words.at(-1)}`;
}

/** `1 Envoy`, `7 Envoys`. */
export function countOf(list: readonly unknown[], word: string): string {
  return `${list.length} ${word}${list.length === 1 ? "" : "s"}`;
}
