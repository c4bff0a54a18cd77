/** The matchers that a request satisfies, in the order in which they were found; none twice. */
export class Hits {
  /** How many there are. */
  count: i32 = 0;
  private found: StaticArray<u32>;
  private marks: StaticArray<u8>;

  constructor(matchers: u32) {
    this.found = new StaticArray<u32>(matchers);
    this.marks = new StaticArray<u8>(matchers);
  }

  clear(): void {
    for (let i = 0; i < this.count; i++) unchecked((this.marks[unchecked(this.found[i])] = 0));
    this.count = 0;
  }

  add(matcher: u32): void {
    if (unchecked(this.marks[matcher]) != 0) return;
    unchecked((this.marks[matcher] = 1));
    unchecked((this.found[this.count] = matcher));
    this.count++;
  }

  has(matcher: u32): bool {
    return unchecked(this.marks[matcher]) != 0;
  }

  at(index: i32): u32 {
    return unchecked(this.found[index]);
  }
}
