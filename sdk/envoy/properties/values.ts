import { getProperty } from "../../http/property";
import { Bytes } from "../../wire/bytes";
import { HeaderPairs } from "../../wire/header-pairs";

// The forms of a property's value: text and bytes as they are; whole numbers, doubles, times and durations 8 bytes
// little-endian; a bool 1 byte; a map as pairs; a list as pairs with the element in the key.

/** A map, read in place by a cursor: `while (map.next()) use(map.key, map.value)`. Lives as long as its bytes. */
@unmanaged
export class PropertyMap {
  /** `bytes`: a property's value, or an entry of another map. Bytes that are no map count as an empty one. */
  static of(bytes: Bytes): PropertyMap {
    return changetype<PropertyMap>(HeaderPairs.read(bytes));
  }

  /** How many entries there are. */
  get length(): u32 {
    return this.pairs.length;
  }

  /** Goes to the next entry; false after the last. */
  next(): bool {
    return this.pairs.next();
  }

  /** The current entry's key: a view that changes with `next()`. */
  get key(): Bytes {
    return this.pairs.name;
  }

  /** The current entry's value in the same forms as a property's own: decode it with `i64Of`, `PropertyMap.of`, ... */
  get value(): Bytes {
    return this.pairs.value;
  }

  private get pairs(): HeaderPairs {
    return changetype<HeaderPairs>(this);
  }
}

/** A list, read in place by a cursor: `while (list.next()) use(list.value)`. Lives as long as its bytes. */
@unmanaged
export class PropertyList {
  /** `bytes`: a property's value, or an entry of a map. Bytes that are no list count as an empty one. */
  static of(bytes: Bytes): PropertyList {
    return changetype<PropertyList>(HeaderPairs.read(bytes));
  }

  /** How many elements there are. */
  get length(): u32 {
    return this.pairs.length;
  }

  /** Goes to the next element; false after the last. */
  next(): bool {
    return this.pairs.next();
  }

  /** The current element: a view that changes with `next()`. */
  get value(): Bytes {
    return this.pairs.name;
  }

  private get pairs(): HeaderPairs {
    return changetype<HeaderPairs>(this);
  }
}

/** A property that is a map; null when there is none. */
export function getPropertyMap(path: Bytes): PropertyMap | null {
  const value = getProperty(path);
  return value ? PropertyMap.of(value) : null;
}

/** A property that is a list; null when there is none. */
export function getPropertyList(path: Bytes): PropertyList | null {
  const value = getProperty(path);
  return value ? PropertyList.of(value) : null;
}

/** A property that is a double, as every number in metadata is; `missing` when there is none of that size. */
export function getPropertyF64(path: Bytes, missing: f64 = NaN): f64 {
  const value = getProperty(path);
  return value ? f64Of(value, missing) : missing;
}

/** The whole number, time or duration (nanoseconds) that these bytes are; `missing` when they have another size. */
export function i64Of(value: Bytes, missing: i64 = -1): i64 {
  return value.length == 8 ? load<i64>(value.ptr) : missing;
}

/** The double that these bytes are; `missing` when they have another size. */
export function f64Of(value: Bytes, missing: f64 = NaN): f64 {
  return value.length == 8 ? load<f64>(value.ptr) : missing;
}

/** The bool that these bytes are; `missing` when they have another size. */
export function boolOf(value: Bytes, missing: bool = false): bool {
  return value.length == 1 ? load<u8>(value.ptr) != 0 : missing;
}
