/** Remembers the result of a function of one argument under a key of the argument. */
export function memo<A, R>(key: (argument: A) => unknown, compute: (argument: A) => R): (argument: A) => R {
  const results = new Map<unknown, R>();
  return (argument) => {
    const k = key(argument);
    const found = results.get(k);
    if (found !== undefined) {
      return found;
    }
    const made = compute(argument);
    results.set(k, made);
    return made;
  };
}
