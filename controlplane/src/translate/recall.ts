interface Remembered {
  readonly inputs: readonly unknown[];
  readonly result: unknown;
}

/**
 * Remembers results from one run to the next, each under a name, with all that it was made from: as long as that is
 * equal, the result stays the same object, and whoever works on it further can tell by that. Results never depend on
 * what is remembered. What a whole run did not ask for is forgotten, so that memory follows the mesh.
 */
export class Recall {
  #before = new Map<string, Remembered>();
  #now = new Map<string, Remembered>();

  /** Begins a run. */
  begin(): void {
    this.#before = this.#now;
    this.#now = new Map();
  }

  /** What `compute` gives, or gave for equal inputs. Whatever it reads must be among the inputs. */
  of<R>(name: string, inputs: readonly unknown[], compute: () => R): R {
    const known = this.#now.get(name) ?? this.#before.get(name);
    const kept = known !== undefined && isEqual(known.inputs, inputs) ? known : { inputs, result: compute() };
    this.#now.set(name, kept);
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- a name always has the same function
    return kept.result as R;
  }
}

/** Equal values all through. Parts that are the same object, as most are between two versions of a mesh, cost nothing. */
export function isEqual(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true;
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return false;
  if (Array.isArray(a)) {
    return Array.isArray(b) && a.length === b.length && a.every((item, index) => isEqual(item, b[index]));
  }
  // What is neither a list nor a plain object (bytes, say) is equal to itself only: that costs time, not truth.
  if (!isPlain(a) || !isPlain(b)) return false;
  let rest = 0;
  for (const key in a) {
    if (!Object.hasOwn(b, key) || !isEqual(a[key], b[key])) return false;
    rest += 1;
  }
  return rest === Object.keys(b).length;
}

function isPlain(value: object): value is Record<string, unknown> {
  return Object.getPrototypeOf(value) === Object.prototype;
}
