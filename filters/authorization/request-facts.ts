import { Bytes, getProperty, getPropertyI64, requestHeaders, utf8 } from "proxy-wasm-assemblyscript-sdk";
import { indexOfByte } from "../common/bytes";
import { stringAt, stringLength, tableAt, tableCount } from "../common/program";
import {
  FACT_HOST,
  FACT_METHOD,
  FACT_PATH,
  FACT_PORT,
  factCount,
  FIRST_HEADER,
  HEADER_NAMES,
  NEEDS,
  STRINGS,
} from "./config";
import { ABSENT, FACT_BYTES } from "./decide";
import { portOfInboundCluster } from "./inbound-port";

const METHOD = utf8(":method");
const PATH = utf8(":path");
const AUTHORITY = utf8(":authority");
const HOST = utf8("host");
const HEADER_PROPERTY = utf8("request\0headers\0");
const CLUSTER_NAME = utf8("xds\0cluster_name");
const DESTINATION_PORT = utf8("destination\0port");
const QUESTION_MARK: u8 = 63;
const HASH: u8 = 35;

/** In place of a length: the header came more than once. */
const SEVERAL: i32 = -2;

/** Reads from the host what a program asks of a request. */
export class RequestFacts {
  private needs: u32;
  private facts: StaticArray<u8>;
  /** The path of each request header that the program asks for, as a property of the host; its end is the name. */
  private properties: Array<StaticArray<u8>>;
  /** Whether all of the request's headers are read at once. */
  private isWhole: bool;

  constructor(program: usize) {
    this.needs = load<u32>(program + NEEDS);
    this.facts = new StaticArray<u8>(factCount(program) * FACT_BYTES);
    this.properties = propertiesOf(program);
    const pseudo = (1 << FACT_METHOD) | (1 << FACT_PATH) | (1 << FACT_HOST);
    // To read all headers costs little more than to read two.
    this.isWhole = popcnt(this.needs & pseudo) + this.properties.length > 2;
  }

  /** Where the facts of the request at hand stand, in the form that `decide` reads. */
  read(): usize {
    if (this.needs & (1 << FACT_PORT)) this.store(FACT_PORT, destinationPort(), 0);
    if (!this.isWhole || !this.readWhole()) this.readEach();
    return changetype<usize>(this.facts);
  }

  private readEach(): void {
    if (this.needs & (1 << FACT_METHOD)) this.set(FACT_METHOD, requestHeaders.get(METHOD));
    if (this.needs & (1 << FACT_PATH)) this.set(FACT_PATH, withoutQuery(requestHeaders.get(PATH)));
    if (this.needs & (1 << FACT_HOST)) this.set(FACT_HOST, requestHeaders.get(AUTHORITY));
    for (let i = 0; i < this.properties.length; i++) this.readHeader(i);
  }

  /** As a property a header has all of its values, joined by commas; the header map gives only the first. */
  private readHeader(index: i32): void {
    this.set(FIRST_HEADER + index, getProperty(Bytes.of(unchecked(this.properties[index]))));
  }

  /** False where the host gave nothing: every request has headers. */
  private readWhole(): bool {
    const pairs = requestHeaders.pairs();
    if (pairs.length == 0) return false;
    this.set(FACT_METHOD, null);
    this.set(FACT_PATH, null);
    this.set(FACT_HOST, null);
    for (let i = 0; i < this.properties.length; i++) this.set(FIRST_HEADER + i, null);
    while (pairs.next()) this.take(pairs.name, pairs.value);
    for (let i = 0; i < this.properties.length; i++) {
      if (this.lengthOf(FIRST_HEADER + i) == SEVERAL) this.readHeader(i);
    }
    return true;
  }

  private take(name: Bytes, value: Bytes): void {
    if (name.equals(METHOD)) this.set(FACT_METHOD, value);
    else if (name.equals(PATH)) this.set(FACT_PATH, withoutQuery(value));
    else if (name.equals(AUTHORITY)) this.set(FACT_HOST, value);
    for (let i = 0; i < this.properties.length; i++) {
      const property = unchecked(this.properties[i]);
      const from = HEADER_PROPERTY.length;
      if (property.length - from != name.length) continue;
      if (memory.compare(changetype<usize>(property) + from, name.ptr, name.length) != 0) continue;
      if (this.lengthOf(FIRST_HEADER + i) == ABSENT) this.set(FIRST_HEADER + i, value);
      else this.store(FIRST_HEADER + i, 0, SEVERAL);
    }
  }

  private set(fact: u32, value: Bytes | null): void {
    if (value === null) this.store(fact, 0, ABSENT);
    else this.store(fact, <u32>value.ptr, value.length);
  }

  private store(fact: u32, first: u32, second: i32): void {
    const at = changetype<usize>(this.facts) + <usize>fact * FACT_BYTES;
    store<u32>(at, first);
    store<i32>(at, second, 4);
  }

  private lengthOf(fact: u32): i32 {
    return load<i32>(changetype<usize>(this.facts) + <usize>fact * FACT_BYTES, 4);
  }
}

function propertiesOf(program: usize): Array<StaticArray<u8>> {
  const paths: Array<StaticArray<u8>> = [];
  const names = tableAt(program, HEADER_NAMES);
  for (let i: u32 = 0, count = tableCount(program, HEADER_NAMES); i < count; i++) {
    const index = load<u32>(names + <usize>i * 4);
    const given = Bytes.wrap(stringAt(program, STRINGS, index), stringLength(program, STRINGS, index));
    // To Envoy both are one header, and in its map it has this name.
    const name = given.equals(HOST) ? AUTHORITY : given;
    const path = new StaticArray<u8>(HEADER_PROPERTY.length + name.length);
    memory.copy(changetype<usize>(path), HEADER_PROPERTY.ptr, HEADER_PROPERTY.length);
    memory.copy(changetype<usize>(path) + HEADER_PROPERTY.length, name.ptr, name.length);
    paths.push(path);
  }
  return paths;
}

function withoutQuery(path: Bytes | null): Bytes | null {
  if (path === null) return null;
  const end = indexOfByte(path.ptr, path.length, QUESTION_MARK);
  return path.slice(0, indexOfByte(path.ptr, end, HASH));
}

/** The program's own port behind a sidecar (its listener's is the mesh's affair), the listener's port at a gateway. */
function destinationPort(): u32 {
  const cluster = getProperty(CLUSTER_NAME);
  const port = cluster === null ? 0 : portOfInboundCluster(cluster.ptr, cluster.length);
  return port != 0 ? port : <u32>getPropertyI64(DESTINATION_PORT, 0);
}
