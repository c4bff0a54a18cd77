import { allocate } from "../wire/arena";
import { Bytes, sameBytes } from "../wire/bytes";
import { configError } from "./config-error";
import { fitsI64, isJsonInteger, jsonF64, jsonI64, jsonNumberEnd } from "./json-number";
import { JsonStack } from "./json-stack";
import { badEscape, decodeJsonString, jsonStringEnd } from "./json-string";
import { KeySet } from "./key-set";
import { Text } from "../wire/text";
import { utf8 } from "../wire/utf8";

/** What the next value is. */
export enum JsonKind {
  /** There is none: the end, or something that is not JSON. */
  None = 0,
  Object = 1,
  Array = 2,
  String = 3,
  Number = 4,
  Bool = 5,
  Null = 6,
}

const MAX_DEPTH: u32 = 32;

/**
 * Reads a JSON text (RFC 8259) value by value, without allocating on the heap: strings are views of the text, or are
 * decoded in the arena when they have escapes. So they live until the callback returns.
 *
 * ```
 * const json = JsonReader.of(configuration);
 * json.object();
 * while (json.nextKey()) {
 *   if (json.key.equals(utf8("limit"))) this.limit = json.u32(1, 1000);
 *   else json.unknownKey();
 * }
 * json.required(utf8("limit"));
 * return json.end();
 * ```
 *
 * The first problem stays: from then on the loops end and every value is false, empty, or a number that is in the range
 * that was asked for. `end()` logs it, with line, column, the field's path and what was expected. A field that comes twice
 * in an object is a problem.
 */
@unmanaged
export class JsonReader {
  /** The name of the field whose value is next. */
  key: Bytes;
  private start: usize;
  private limit: usize;
  private at: usize;
  /** Where the value begins that was read last, for `fail`. */
  private valueAt: usize;
  /** Where the problem is; 0 while there is none. */
  private problemAt: usize;
  private problem: Bytes;
  private pathOfProblem: Bytes;
  private stack: JsonStack;
  private keys: KeySet;
  /** The number of the object that ended last. */
  private closedObject: u32;
  /** A value was announced by `nextKey` or `nextItem`, or the document began, and it has not been read. */
  private pending: bool;

  /** @param maxDepth how deep objects and arrays may be in one another */
  static of(text: Bytes, maxDepth: u32 = MAX_DEPTH): JsonReader {
    const reader = changetype<JsonReader>(allocate(offsetof<JsonReader>()));
    reader.key = Bytes.wrap(0, 0);
    reader.start = text.ptr;
    reader.limit = text.ptr + text.length;
    reader.at = text.ptr;
    reader.valueAt = text.ptr;
    reader.problemAt = 0;
    reader.problem = reader.key;
    reader.pathOfProblem = reader.key;
    reader.stack = JsonStack.create(maxDepth);
    reader.keys = KeySet.create();
    reader.closedObject = 0;
    reader.pending = true;
    return reader;
  }

  /** What the next value is, without reading it. */
  peek(): JsonKind {
    if (this.failed) return JsonKind.None;
    const byte = this.skipSpace();
    switch (byte) {
      case 0x7b:
        return JsonKind.Object;
      case 0x5b:
        return JsonKind.Array;
      case 0x22:
        return JsonKind.String;
      case 0x74:
      case 0x66:
        return JsonKind.Bool;
      case 0x6e:
        return JsonKind.Null;
      default:
        return byte == 0x2d || <u32>byte - 0x30 <= 9 ? JsonKind.Number : JsonKind.None;
    }
  }

  /** Enters an object; false when the value is none. Its fields follow with `nextKey()`. */
  object(): bool {
    return this.enter(JsonKind.Object, utf8("an object"));
  }

  /** Enters an array; false when the value is none. Its items follow with `nextItem()`. */
  array(): bool {
    return this.enter(JsonKind.Array, utf8("an array"));
  }

  /** Goes to the next field of the object, its name in `key`; skips a value that was not read. False after the last. */
  nextKey(): bool {
    if (!this.toNext(0x7d, utf8("expected ',' or '}'"))) return false;
    const level = this.stack.top;
    if (this.skipSpace() != 0x22) return this.refuse(this.at, utf8("expected a field's name in quotes"));
    const nameAt = this.at;
    this.key = this.readString();
    if (this.failed) return false;
    level.inside = true;
    level.keyPtr = this.key.ptr;
    level.keyLength = this.key.length;
    if (!this.keys.add(level.object, this.key)) return this.refuse(nameAt, utf8("the field is there twice"));
    if (this.skipSpace() != 0x3a) return this.refuse(this.at, utf8("expected ':' and a value"));
    ++this.at;
    this.pending = true;
    return true;
  }

  /** Goes to the next item of the array; skips a value that was not read. False after the last. */
  nextItem(): bool {
    if (!this.toNext(0x5d, utf8("expected ',' or ']'"))) return false;
    this.stack.top.inside = true;
    this.pending = true;
    return true;
  }

  /** Leaves the object or array that the reader is in, skipping what is left of it. */
  leave(): void {
    if (this.failed || this.stack.depth == 0) return;
    const depth = this.stack.depth;
    while (!this.failed && this.stack.depth == depth) this.stack.top.isObject ? this.nextKey() : this.nextItem();
  }

  /** A string's bytes, UTF-8: empty when the value is no string. */
  string(): Bytes {
    if (!this.expect(JsonKind.String, utf8("a string"))) return Bytes.wrap(0, 0);
    return this.readString();
  }

  /** True or false; false when the value is neither. */
  bool(): bool {
    if (!this.expect(JsonKind.Bool, utf8("true or false"))) return false;
    return load<u8>(this.at) == 0x74 ? this.word(utf8("true")) : this.word(utf8("false")) && false;
  }

  /** Reads a null and answers true; anything else stays to be read. */
  isNull(): bool {
    if (this.peek() != JsonKind.Null) return false;
    this.begin();
    return this.word(utf8("null"));
  }

  /**
   * A whole number in a range, written without fraction and exponent. It is in the range also when the value is not, or
   * is no number: then it is 0, or the bound that is nearest to 0. So what is read by `u32(1, 1000)` can be divided by.
   */
  i64(from: i64 = i64.MIN_VALUE, to: i64 = i64.MAX_VALUE): i64 {
    if (this.peek() != JsonKind.Number) return this.refuseInteger(from, to);
    this.begin();
    const end = jsonNumberEnd(this.at, this.limit);
    if (!end) {
      this.refuse(this.at, utf8("a number is not written like that"));
      return nearestToZero(from, to);
    }
    if (!isJsonInteger(this.at, end) || !fitsI64(this.at, end)) return this.refuseInteger(from, to);
    const value = jsonI64(this.at, end);
    if (value < from || value > to) return this.refuseInteger(from, to);
    this.at = end;
    return value;
  }

  /** A whole number that is not negative; in the range, whatever was written (`i64`). */
  u32(from: u32 = 0, to: u32 = u32.MAX_VALUE): u32 {
    return <u32>this.i64(from, to);
  }

  /** Any number, as the nearest double; 0 when the value is none. One that is too large for a double is refused. */
  f64(): f64 {
    if (!this.expect(JsonKind.Number, utf8("a number"))) return 0;
    const end = jsonNumberEnd(this.at, this.limit);
    if (!end) return f64(this.refuse(this.at, utf8("a number is not written like that")));
    const value = jsonF64(this.at, end);
    if (!isFinite(value)) return f64(this.refuse(this.at, utf8("a number is too large")));
    this.at = end;
    return value;
  }

  /** Reads past the next value, whatever it is, and checks that it is JSON. */
  skip(): void {
    const depth = this.stack.depth;
    this.skipOne();
    while (!this.failed && this.stack.depth > depth) {
      if (this.stack.top.isObject ? this.nextKey() : this.nextItem()) this.skipOne();
    }
  }

  /** The next value's own text, unread: a view. For another reader, or for keeping it as it is. */
  raw(): Bytes {
    this.skipSpace();
    const from = this.at;
    this.skip();
    return this.failed ? Bytes.wrap(0, 0) : Bytes.wrap(from, <i32>(this.at - from));
  }

  /**
   * Refuses the object whose fields have just ended when it had no field of this name:
   * `while (json.nextKey()) { ... } json.required(utf8("limit"))`. Fields of objects inside of it don't count.
   */
  required(name: Bytes): void {
    if (this.failed || this.keys.has(this.closedObject, name)) return;
    this.refuse(this.at - 1, utf8("the field is missing"));
    const path = Text.create().add(this.pathOfProblem);
    if (path.length) path.add(utf8("."));
    this.pathOfProblem = path.add(name).end();
  }

  /** Refuses the field that `nextKey` announced: nobody knows it. */
  unknownKey(): void {
    this.refuse(this.at, utf8("unknown field"));
  }

  /** Refuses the value that was read last: `problem` says what it must be, as `Bytes` or a `string`. */
  fail<T>(problem: T): void {
    this.refuse(this.valueAt, isString<T>() ? Bytes.encode(changetype<string>(problem)) : changetype<Bytes>(problem));
  }

  /** Something was wrong. */
  get failed(): bool {
    return this.problemAt != 0;
  }

  /** Ends the text: nothing may follow. False after a problem, which it logs: what `onConfigure` returns. */
  end(): bool {
    if (!this.failed && this.pending) this.refuse(this.at, utf8("expected a value"));
    if (!this.failed && this.stack.depth > 0) this.refuse(this.at, utf8("the reader stopped before the end"));
    if (!this.failed && (this.skipSpace() != 0 || this.at < this.limit)) this.refuse(this.at, utf8("expected the end"));
    return this.failed ? configError(utf8(""), this.message()) : true;
  }

  /** `2:14: rules[0].limit: expected a whole number`; empty when nothing is wrong. Line and column, in bytes, from 1. */
  get error(): string {
    return this.message().toString();
  }

  /** The path of the field that is wrong, such as `rules[2].path`; empty for the document itself. */
  get errorPath(): string {
    return this.pathOfProblem.toString();
  }

  /** The line of the problem, from 1. */
  get line(): u32 {
    let line: u32 = 1;
    for (let at = this.start; at < this.offendingAt; ++at) line += u32(load<u8>(at) == 0x0a);
    return line;
  }

  /** The column of the problem: bytes from 1. */
  get column(): u32 {
    let from = this.offendingAt;
    while (from > this.start && load<u8>(from - 1) != 0x0a) --from;
    return <u32>(this.offendingAt - from) + 1;
  }

  /** What `error` says, as a view. */
  private message(): Bytes {
    const text = Text.create();
    if (!this.failed) return text.end();
    text.number(this.line).add(utf8(":")).number(this.column).add(utf8(": "));
    if (this.pathOfProblem.length) text.add(this.pathOfProblem).add(utf8(": "));
    return text.add(this.problem).end();
  }

  /** `problemAt` is one more, so that 0 is free also for a text at address 0. */
  private get offendingAt(): usize {
    return this.failed ? this.problemAt - 1 : this.start;
  }

  /** The next byte that is not white space; 0 at the end. */
  private skipSpace(): u8 {
    while (this.at < this.limit) {
      const byte = load<u8>(this.at);
      if (byte != 0x20 && byte != 0x0a && byte != 0x0d && byte != 0x09) return byte;
      ++this.at;
    }
    return 0;
  }

  /** The value is read now. */
  private begin(): void {
    this.skipSpace();
    this.valueAt = this.at;
    this.pending = false;
  }

  /** Begins a value that must be of this kind. */
  private expect(kind: JsonKind, name: Bytes): bool {
    if (this.failed) return false;
    if (!this.pending) return this.refuse(this.at, utf8("there is no value here: nextKey() or nextItem() comes first"));
    if (this.peek() != kind) return this.refuseKind(name);
    this.begin();
    return true;
  }

  private enter(kind: JsonKind, name: Bytes): bool {
    if (!this.expect(kind, name)) return false;
    if (!this.stack.push(kind == JsonKind.Object)) return this.refuse(this.at, utf8("nested too deep"));
    ++this.at;
    return true;
  }

  /** To the next field or item: past the last value and a comma. False at the closing byte, which ends the level. */
  private toNext(closing: u8, problem: Bytes): bool {
    if (this.failed) return false;
    if (this.stack.depth == 0 || this.stack.top.isObject != (closing == 0x7d)) {
      const wanted = closing == 0x7d ? utf8("nextKey() without object()") : utf8("nextItem() without array()");
      return this.refuse(this.at, wanted);
    }
    if (this.pending) this.skip();
    if (this.failed) return false;
    const level = this.stack.top;
    const byte = this.skipSpace();
    level.inside = false;
    if (byte == closing && this.at < this.limit) {
      ++this.at;
      this.closedObject = level.object;
      this.stack.pop();
      return false;
    }
    if (level.count > 0) {
      if (byte != 0x2c) return this.refuse(this.at, problem);
      ++this.at;
    }
    ++level.count;
    return true;
  }

  private skipOne(): void {
    switch (this.peek()) {
      case JsonKind.Object:
        this.object();
        break;
      case JsonKind.Array:
        this.array();
        break;
      case JsonKind.String:
        this.string();
        break;
      case JsonKind.Number:
        this.skipNumber();
        break;
      case JsonKind.Bool:
        this.bool();
        break;
      case JsonKind.Null:
        this.isNull();
        break;
      default:
        this.refuse(this.at, utf8("expected a value"));
    }
  }

  private skipNumber(): void {
    this.begin();
    const end = jsonNumberEnd(this.at, this.limit);
    if (end) this.at = end;
    else this.refuse(this.at, utf8("a number is not written like that"));
  }

  /** From the opening quote to behind the closing one. */
  private readString(): Bytes {
    const from = this.at + 1;
    const end = jsonStringEnd(from, this.limit);
    if (!end) {
      this.refuse(this.at, utf8("a string ends with a quote on its line, control characters escaped"));
      return Bytes.wrap(0, 0);
    }
    const bad = badEscape(from, end);
    if (bad) {
      this.refuse(bad, utf8("not an escape that JSON has"));
      return Bytes.wrap(0, 0);
    }
    this.at = end + 1;
    return decodeJsonString(from, end);
  }

  private word(word: Bytes): bool {
    if (this.limit - this.at < <usize>word.length || !sameBytes(this.at, word.ptr, word.length))
      return this.refuse(this.at, utf8("expected a value"));
    this.at += word.length;
    return true;
  }

  private refuseInteger(from: i64, to: i64): i64 {
    const wanted = Text.create().add(utf8("a whole number"));
    if (from != i64.MIN_VALUE || to != i64.MAX_VALUE) wanted.add(utf8(" from ")).number(from);
    if (to != i64.MAX_VALUE) wanted.add(utf8(" to ")).number(to);
    this.refuseKind(wanted.end());
    return nearestToZero(from, to);
  }

  /** Always false: nothing of what was expected is here. */
  private refuseKind(wanted: Bytes): bool {
    const problem = Text.create().add(utf8("expected ")).add(wanted).add(utf8(", found ")).add(this.found());
    return this.refuse(this.at, problem.end());
  }

  /** What is here, in words. */
  private found(): Bytes {
    switch (this.peek()) {
      case JsonKind.Object:
        return utf8("an object");
      case JsonKind.Array:
        return utf8("an array");
      case JsonKind.String:
        return utf8("a string");
      case JsonKind.Number:
        return this.numberText();
      case JsonKind.Bool:
        return utf8("true or false");
      case JsonKind.Null:
        return utf8("null");
      default:
        return this.at >= this.limit ? utf8("the end") : utf8("nothing that JSON has");
    }
  }

  private numberText(): Bytes {
    const end = jsonNumberEnd(this.at, this.limit);
    return end ? Bytes.wrap(this.at, <i32>min<usize>(end - this.at, 40)) : utf8("a number");
  }

  /** Notes the first problem. Always false. */
  private refuse(at: usize, problem: Bytes): bool {
    if (this.failed) return false;
    this.problemAt = at + 1;
    this.problem = problem;
    this.pathOfProblem = this.stack.path();
    return false;
  }
}

/** The number between two bounds that is nearest to 0. */
function nearestToZero(from: i64, to: i64): i64 {
  return from > 0 ? from : to < 0 ? to : 0;
}
