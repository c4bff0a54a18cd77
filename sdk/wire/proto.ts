import { allocate } from "./arena";
import { Bytes } from "./bytes";

// As much of protobuf's wire format as the host's foreign functions need.

const VARINT: u32 = 0;
const FIXED64: u32 = 1;
const LENGTH_DELIMITED: u32 = 2;
const FIXED32: u32 = 5;
/** A field's number, type and length take this many bytes at most. */
const FIELD_OVERHEAD: usize = 20;

/** Writes a message's fields, in the arena. An empty or zero field is left out, as proto3 does. */
@unmanaged
export class ProtoWriter {
  private start: usize;
  private to: usize;
  private limit: usize;

  /**
   * @param contentSize how many bytes all fields' contents have together; more are copied to a larger place
   * @param fields how many fields there are
   */
  static create(contentSize: i32, fields: u32): ProtoWriter {
    const writer = changetype<ProtoWriter>(allocate(offsetof<ProtoWriter>()));
    const size = <usize>contentSize + <usize>fields * FIELD_OVERHEAD;
    writer.start = allocate(size);
    writer.to = writer.start;
    writer.limit = writer.start + size;
    return writer;
  }

  /** A field of bytes, text, or a message that was written before. */
  bytes(field: u32, value: Bytes): ProtoWriter {
    if (!value.length) return this;
    this.reserve(<usize>value.length);
    this.varint((field << 3) | LENGTH_DELIMITED);
    this.varint(value.length);
    memory.copy(this.to, value.ptr, <usize>value.length);
    this.to += value.length;
    return this;
  }

  /** A field of a number, an enum, or a bool. */
  number(field: u32, value: u64): ProtoWriter {
    if (!value) return this;
    this.reserve(0);
    this.varint((field << 3) | VARINT);
    this.varint(value);
    return this;
  }

  /** The message, as a view. */
  end(): Bytes {
    return Bytes.wrap(this.start, <i32>(this.to - this.start));
  }

  /** Makes room for a field with so many bytes of content. */
  private reserve(contentSize: usize): void {
    const wanted = contentSize + FIELD_OVERHEAD;
    if (this.limit - this.to >= wanted) return;
    const written = this.to - this.start;
    const size = (written + wanted) * 2;
    const start = allocate(size);
    memory.copy(start, this.start, written);
    this.start = start;
    this.to = start + written;
    this.limit = start + size;
  }

  private varint(value: u64): void {
    let to = this.to;
    while (value >= 0x80) {
      store<u8>(to++, <u8>value | 0x80);
      value >>= 7;
    }
    store<u8>(to++, <u8>value);
    this.to = to;
  }
}

/** Reads a message's fields one after the other. Broken bytes end it. */
@unmanaged
export class ProtoReader {
  private from: usize;
  private end: usize;
  /** The current field's number. */
  field: u32;
  /** Its value, when that is a number. */
  number: u64;
  /** Its value, when that is bytes, text or a message; a view that changes with `next()`. */
  bytes: Bytes;

  static read(message: Bytes): ProtoReader {
    const reader = changetype<ProtoReader>(allocate(offsetof<ProtoReader>()));
    reader.from = message.ptr;
    reader.end = message.ptr + message.length;
    reader.field = 0;
    reader.number = 0;
    reader.bytes = Bytes.wrap(0, 0);
    return reader;
  }

  /** Goes to the next field; false after the last one, or where the bytes make no sense. */
  next(): bool {
    if (this.from >= this.end) return false;
    const key = this.varint();
    if (this.from > this.end) return false;
    this.field = <u32>(key >> 3);
    this.number = 0;
    this.bytes.length = 0;
    switch (<u32>key & 7) {
      case VARINT:
        this.number = this.varint();
        return this.from <= this.end;
      case FIXED64:
        return this.fixed(8);
      case FIXED32:
        return this.fixed(4);
      case LENGTH_DELIMITED: {
        const length = this.varint();
        if (this.from > this.end || length > <u64>(this.end - this.from)) return false;
        this.bytes.ptr = this.from;
        this.bytes.length = <i32>length;
        this.from += <usize>length;
        return true;
      }
      default:
        return false;
    }
  }

  private fixed(size: usize): bool {
    if (this.end - this.from < size) return false;
    this.number = size == 8 ? load<u64>(this.from) : load<u32>(this.from);
    this.from += size;
    return true;
  }

  /** A number; one that is cut off puts `from` behind the end. */
  private varint(): u64 {
    let value: u64 = 0;
    for (let shift = 0; shift < 64; shift += 7) {
      if (this.from >= this.end) break;
      const byte = load<u8>(this.from++);
      value |= (<u64>(byte & 0x7f)) << shift;
      if (byte < 0x80) return value;
    }
    this.from = this.end + 1;
    return value;
  }
}
