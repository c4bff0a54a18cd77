/** Remembers the result of a function of one argument under a key of the argument. */
export function memo<A, R, K = unknown>(
  key: (argument: A) => K,
  compute: (argument: A, key: K) => R,
): (argument: A) => R {
  const results = new Map<K, R>();
  return (argument) => {
    const k = key(argument);
    const found = results.get(k);
    if (found !== undefined) {
      return found;
    }
    const made = compute(argument, k);
    results.set(k, made);
    return made;
  };
}
