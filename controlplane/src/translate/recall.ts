interface Remembered {
  readonly inputs: readonly unknown[];
  readonly result: unknown;
  /** What its parts were made from, where it has any. */
  readonly parts?: Recall;
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
    const known = this.#find(name);
    const isSame = known !== undefined && isEqual(known.inputs, inputs);
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- a name always has the same function
    return this.#keep(name, isSame ? known : { inputs, result: compute() }) as R;
  }

  /** The same for what has parts of its own to remember: they are, as long as the whole is. */
  whole<R>(name: string, inputs: readonly unknown[], compute: (parts: Recall) => R): R {
    const known = this.#find(name);
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- a name always has the same function
    if (known !== undefined && isEqual(known.inputs, inputs)) return this.#keep(name, known) as R;
    const parts = known?.parts ?? new Recall();
    parts.begin();
    const result = compute(parts);
    this.#keep(name, { inputs, result, parts });
    return result;
  }

  /** What a function gives for these arguments, and it knows nothing else. */
  call<A extends readonly unknown[], R>(name: string, compute: (...given: A) => R, ...given: A): R {
    return this.of(name, given, () => compute(...given));
  }

  /** The value itself, as the same object for as long as it is equal. */
  kept<R>(name: string, value: R): R {
    return this.of(name, [value], () => value);
  }

  /** The recall of one of several that have the same names for their parts. */
  part(name: string): Recall {
    const { parts = this.#before.get(name)?.parts ?? new Recall() } = this.#now.get(name) ?? {};
    if (!this.#now.has(name)) parts.begin();
    this.#now.set(name, { inputs: [], result: undefined, parts });
    return parts;
  }

  #find(name: string): Remembered | undefined {
    return this.#now.get(name) ?? this.#before.get(name);
  }

  #keep(name: string, remembered: Remembered): unknown {
    this.#now.set(name, remembered);
    return remembered.result;
  }
}

/** Equal values all through. Parts that are the same object, as most are between two versions of a mesh, cost nothing. */
export function isEqual(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true;
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return false;
  if (Array.isArray(a)) {
    return Array.isArray(b) && a.length === b.length && a.every((item, index) => isEqual(item, b[index]));
  }
  if (a instanceof Uint8Array) return b instanceof Uint8Array && Buffer.compare(a, b) === 0;
  // What is neither a list nor a plain object is equal to itself only: that costs time, not truth.
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
