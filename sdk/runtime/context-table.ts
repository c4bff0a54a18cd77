import { StreamContext } from "../context/stream-context";
import { arraySize, emptyArray, slotOf, vacate } from "../wire/probing";

// Live streams by the host's number. The table grows with the peak of live streams and then stays as it is. The collector
// finds the streams through the values.

type Values = StaticArray<StreamContext | null>;

/** 32 entries. */
const FIRST_SHIFT: u32 = 27;

let shift: u32 = FIRST_SHIFT;
let count: u32 = 0;
let keys: usize = memory.data(4 << 5, 4);
let values = emptyValues(FIRST_SHIFT);

function slot(id: u32): u32 {
  return slotOf(keys, shift, id);
}

/** The stream of this number; null for one that is not known. */
export function getStream(id: u32): StreamContext | null {
  return unchecked(values[slot(id)]);
}

/** Adds a stream, or replaces the one that is there. */
export function setStream(id: u32, context: StreamContext): void {
  if (!id) return;
  if (count << 3 >= <u32>arraySize(shift)) grow();
  const place = slot(id);
  const key = keys + ((<usize>place) << 2);
  if (!load<u32>(key)) ++count;
  store<u32>(key, id);
  unchecked((values[place] = context));
}

/** Takes a stream out; null when it is not known. */
export function takeStream(id: u32): StreamContext | null {
  const place = slot(id);
  const taken = unchecked(values[place]);
  if (!taken) return null;
  vacate(keys, changetype<usize>(values), shift, place);
  --count;
  return taken;
}

function grow(): void {
  const oldKeys = keys;
  const oldValues = values;
  --shift;
  count = 0;
  keys = emptyArray(shift);
  values = emptyValues(shift);
  for (let index = 0; index < oldValues.length; ++index) {
    const context = unchecked(oldValues[index]);
    if (context) setStream(context.id, context);
  }
  heap.free(oldKeys);
}

/** What the constructor does, without its checks. */
function emptyValues(shift: u32): Values {
  return changetype<Values>(__new(arraySize(shift), idof<Values>()));
}
