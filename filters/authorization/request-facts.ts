import { Bytes, getProperty, requestHeaders, utf8 } from "proxy-wasm-assemblyscript-sdk";
import { NONE, stringAt, stringLength, tableAt, tableCount } from "../common/program";
import { hasRequestPairs, requestPairs } from "../shell/request-pairs";
import { ConnectionFacts } from "./connection-facts";
import { FACT_BYTES, FACT_NAME, FACTS, HEADER, HOST, METHOD, PATH, STRINGS } from "./layout";
import { FactSource, lengthWithoutQuery, Matching } from "./matching";

const METHOD_NAME = utf8(":method");
const PATH_NAME = utf8(":path");
const AUTHORITY_NAME = utf8(":authority");
const HOST_NAME = utf8("host");
const HEADER_PROPERTY = utf8("request\0headers\0");

/** Reads from the host what a program asks of a request, each fact when a decision first comes to it. */
export class RequestFacts extends FactSource {
  private connection: ConnectionFacts;
  /** For each fact the name of the header that it is, as the end of the path of a property; null for other facts. */
  private headers: StaticArray<StaticArray<u8> | null>;
  /** How many facts are headers: to read them all costs about as much as to read one. */
  private headerCount: i32 = 0;

  constructor(program: usize) {
    super();
    this.connection = new ConnectionFacts(program);
    const facts = tableCount(program, FACTS);
    this.headers = new StaticArray<StaticArray<u8> | null>(facts);
    for (let fact: u32 = 0; fact < facts; fact++) {
      const name = headerName(program, fact);
      if (name === null) continue;
      this.headers[fact] = propertyOf(name);
      this.headerCount++;
    }
  }

  /** Another request. */
  begin(): void {
    this.connection.begin();
  }

  read(fact: u32, matching: Matching): void {
    const header = unchecked(this.headers[fact]);
    if (header === null) this.connection.read(fact, matching);
    else if (this.headerCount > 1 || hasRequestPairs()) this.readFromPairs(fact, header, matching);
    else this.readAlone(fact, header, matching);
  }

  /** As a property a header has all of its values, joined by commas; the header map gives only the first. */
  private readAlone(fact: u32, property: StaticArray<u8>, matching: Matching): void {
    if (matching.kindOf(fact) == HEADER) take(fact, getProperty(Bytes.of(property)), matching);
    else take(fact, requestHeaders.get(nameOf(property)), matching);
  }

  private readFromPairs(fact: u32, property: StaticArray<u8>, matching: Matching): void {
    const name = nameOf(property);
    const pairs = requestPairs();
    if (pairs.length == 0) {
      this.readAlone(fact, property, matching);
      return;
    }
    let at: usize = 0;
    let length = -1;
    while (pairs.next()) {
      if (!pairs.name.equals(name)) continue;
      if (length >= 0) {
        this.readAlone(fact, property, matching);
        return;
      }
      at = pairs.value.ptr;
      length = pairs.value.length;
    }
    if (length >= 0) takeBytes(fact, at, length, matching);
  }
}

function take(fact: u32, value: Bytes | null, matching: Matching): void {
  if (value !== null) takeBytes(fact, value.ptr, value.length, matching);
}

function takeBytes(fact: u32, at: usize, length: i32, matching: Matching): void {
  matching.take(fact, at, matching.kindOf(fact) == PATH ? lengthWithoutQuery(at, length) : length);
}

/** The name of the header that a fact is; null where it is none. */
function headerName(program: usize, fact: u32): Bytes | null {
  const record = tableAt(program, FACTS) + <usize>fact * FACT_BYTES;
  const kind = load<u32>(record);
  if (kind == METHOD) return METHOD_NAME;
  if (kind == PATH) return PATH_NAME;
  if (kind == HOST) return AUTHORITY_NAME;
  const text = load<u32>(record, FACT_NAME);
  if (kind != HEADER || text == NONE) return null;
  const name = Bytes.wrap(stringAt(program, STRINGS, text), stringLength(program, STRINGS, text));
  // To Envoy both are one header, and in its map it has this name.
  return name.equals(HOST_NAME) ? AUTHORITY_NAME : name;
}

function propertyOf(name: Bytes): StaticArray<u8> {
  const path = new StaticArray<u8>(HEADER_PROPERTY.length + name.length);
  memory.copy(changetype<usize>(path), HEADER_PROPERTY.ptr, HEADER_PROPERTY.length);
  memory.copy(changetype<usize>(path) + HEADER_PROPERTY.length, name.ptr, name.length);
  return path;
}

function nameOf(property: StaticArray<u8>): Bytes {
  return Bytes.wrap(changetype<usize>(property) + HEADER_PROPERTY.length, property.length - HEADER_PROPERTY.length);
}
