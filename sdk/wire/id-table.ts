import { arraySize, emptyArray, slotOf, vacate } from "./probing";

/** 32 entries. */
const FIRST_SHIFT: u32 = 27;

/**
 * A table from a number that the host gives to a record of ours, for records that the collector does not look after. It
 * grows with the peak of its entries and then stays as it is.
 */
@unmanaged
export class IdTable {
  private shift: u32;
  private count: u32;
  private keys: usize;
  private values: usize;

  static create(): IdTable {
    const table = changetype<IdTable>(heap.alloc(offsetof<IdTable>()));
    table.shift = FIRST_SHIFT;
    table.count = 0;
    table.keys = emptyArray(FIRST_SHIFT);
    table.values = emptyArray(FIRST_SHIFT);
    return table;
  }

  /** The record of this number; 0 for one that is not known. */
  get(id: u32): usize {
    return load<usize>(this.values + ((<usize>slotOf(this.keys, this.shift, id)) << 2));
  }

  /** Adds a record, or replaces the one that is there. The number 0 is refused. */
  set(id: u32, record: usize): void {
    if (!id) return;
    if (this.count << 3 >= <u32>arraySize(this.shift)) this.grow();
    const offset = (<usize>slotOf(this.keys, this.shift, id)) << 2;
    if (!load<u32>(this.keys + offset)) ++this.count;
    store<u32>(this.keys + offset, id);
    store<usize>(this.values + offset, record);
  }

  /** Takes a record out; 0 when it is not known. */
  take(id: u32): usize {
    const slot = slotOf(this.keys, this.shift, id);
    const record = load<usize>(this.values + ((<usize>slot) << 2));
    if (!record) return 0;
    vacate(this.keys, this.values, this.shift, slot);
    --this.count;
    return record;
  }

  /** How many slots there are, for looking at all records. */
  get slots(): u32 {
    return <u32>(arraySize(this.shift) >> 2);
  }

  /** The record in a slot; 0 for an empty one. */
  at(slot: u32): usize {
    return load<usize>(this.values + ((<usize>slot) << 2));
  }

  /** Gives the table's memory back; it must not be used again. */
  free(): void {
    heap.free(this.keys);
    heap.free(this.values);
    heap.free(changetype<usize>(this));
  }

  private grow(): void {
    const keys = this.keys;
    const values = this.values;
    const end = arraySize(this.shift);
    --this.shift;
    this.count = 0;
    this.keys = emptyArray(this.shift);
    this.values = emptyArray(this.shift);
    for (let offset: usize = 0; offset < end; offset += 4)
      this.set(load<u32>(keys + offset), load<usize>(values + offset));
    heap.free(keys);
    heap.free(values);
  }
}
