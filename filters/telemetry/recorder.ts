import {
  Bytes,
  defineMetric,
  getProperty,
  getPropertyI64,
  incrementMetric,
  log,
  LogLevel,
  MetricType,
  recordMetric,
  requestHeaders,
  utf8,
} from "proxy-wasm-assemblyscript-sdk";
import { Interner } from "../common/interner";
import { OK, tableCount } from "../common/program";
import { reasonText } from "../common/program-error";
import { hasRequestPairs, requestPairs } from "../shell/request-pairs";
import { Combinations, FULL } from "./combinations";
import { check, CLIENT, DURATION, FACTS, REQUESTS, sideOf } from "./config";
import { isEnabled, writeMetricName } from "./decide";
import { isGrpc } from "./grpc";
import {
  KEY_CLUSTER,
  KEY_CODE,
  KEY_DESTINATION,
  KEY_FIRST_FACT,
  KEY_FLAGS_HIGH,
  KEY_FLAGS_LOW,
  KEY_GRPC,
  KEY_SOURCE,
} from "./key";
import { fillInputs, fillOverflow } from "./labels";
import { readFact } from "./read-fact";
import { RequestFacts } from "./request-facts";

const OWN_PEER = utf8("xds\0node\0metadata\0SLUICE_PEER");
const DESTINATION = utf8("xds\0upstream_host_metadata\0filter_metadata\0sluice\0destination");
const CLUSTER_NAME = utf8("xds\0cluster_name");
const CODE = utf8("response\0code");
const FLAGS = utf8("response\0flags");
const GRPC_STATUS = utf8("response\0grpc_status");
const PEER_HEADER = utf8("x-sluice-peer");
const CONTENT_TYPE = utf8("content-type");

/** Bounds of what one plugin keeps: beyond them a value, or a whole combination, is counted as `overflow`. */
const MAX_IDENTITIES: i32 = 4096;
const MAX_FACT_VALUES: i32 = 2048;
const MAX_COMBINATIONS: i32 = 4096;
const MAX_VALUE_BYTES: i32 = 512;

const NAME_CAPACITY: i32 = 16384;
const nameBuffer = memory.data(16384);

/** Counts the requests of one plugin: reads their facts, finds the combination of labels, adds to its metrics. */
export class Recorder {
  /** Whether the proxy reports as the client of its requests, not as their server. */
  readonly isClient: bool;
  private ownPeer: u32 = 0;
  private identities: Interner = new Interner(MAX_IDENTITIES, MAX_VALUE_BYTES);
  private factValues: Interner = new Interner(MAX_FACT_VALUES, MAX_VALUE_BYTES);
  private combinations: Combinations;
  private key: StaticArray<u32>;
  private factCount: i32;
  /** By combination the host's numbers of its counter and its histogram, 0 for one that is off. */
  private metrics: Array<u32> = [];
  /** The same for what is counted as `overflow`; zeros until it is needed. */
  private overflow: StaticArray<u32> = new StaticArray<u32>(2);

  private constructor(private program: StaticArray<u8>) {
    const factCount: i32 = tableCount(changetype<usize>(program), FACTS);
    this.isClient = sideOf(changetype<usize>(program)) == CLIENT;
    this.factCount = factCount;
    this.key = new StaticArray<u32>(KEY_FIRST_FACT + factCount);
    this.combinations = new Combinations(KEY_FIRST_FACT + factCount, MAX_COMBINATIONS);
    this.ownPeer = this.identify(getProperty(OWN_PEER));
  }

  /** In the configuration callback. Null for a program that is refused; the log says why. The bytes are copied. */
  static load(program: Bytes): Recorder | null {
    const reason = check(program.ptr, program.length);
    if (reason == OK) return new Recorder(program.toArray());
    log(LogLevel.Error, "sluice.telemetry: program refused, " + reasonText(reason));
    return null;
  }

  newFacts(): RequestFacts {
    return new RequestFacts(this.factCount);
  }

  /** In the callback for the request's headers: what the end of the stream no longer knows. gRPC has a body. */
  readRequest(facts: RequestFacts, hasBody: bool): void {
    facts.begin();
    // The server has two headers to look for, and its authorization mostly has read the list already.
    if (!this.isClient || hasRequestPairs()) this.readPairs(facts);
    else if (hasBody) facts.isGrpc = isGrpc(requestHeaders.get(CONTENT_TYPE));
    for (let i = 0; i < this.factCount; i++) {
      const value = readFact(changetype<usize>(this.program), i);
      unchecked((facts.values[i] = value === null ? 0 : this.factValues.intern(value.ptr, value.length)));
    }
  }

  private readPairs(facts: RequestFacts): void {
    const pairs = requestPairs();
    while (pairs.next()) {
      if (pairs.name.equals(CONTENT_TYPE)) facts.isGrpc = isGrpc(pairs.value);
      else if (!this.isClient && pairs.name.equals(PEER_HEADER)) facts.peer = this.identify(pairs.value);
    }
  }

  /** When the stream is deleted. `flags` are response flags that the proxy does not know of. */
  record(facts: RequestFacts, flags: u64): void {
    const place = this.findCombination(facts, flags);
    const counter = place == FULL ? this.overflow[REQUESTS] : unchecked(this.metrics[place * 2]);
    const histogram = place == FULL ? this.overflow[DURATION] : unchecked(this.metrics[place * 2 + 1]);
    if (counter != 0) incrementMetric(counter, 1);
    if (histogram != 0) recordMetric(histogram, facts.durationMs());
  }

  private findCombination(facts: RequestFacts, flags: u64): i32 {
    this.fillKey(facts, flags);
    const place = this.combinations.find(changetype<usize>(this.key));
    if (this.combinations.isNew) {
      fillInputs(changetype<usize>(this.program), this.key, this.identities, this.factValues);
      this.metrics.push(this.define(REQUESTS));
      this.metrics.push(this.define(DURATION));
    } else if (place == FULL && this.overflow[REQUESTS] == 0 && this.overflow[DURATION] == 0) {
      fillOverflow(changetype<usize>(this.program));
      this.overflow[REQUESTS] = this.define(REQUESTS);
      this.overflow[DURATION] = this.define(DURATION);
    }
    return place;
  }

  private fillKey(facts: RequestFacts, ownFlags: u64): void {
    const key = this.key;
    const destination = this.isClient ? this.identify(getProperty(DESTINATION)) : this.ownPeer;
    const needsCluster = !this.isClient || destination == 0;
    const flags = <u64>getPropertyI64(FLAGS, 0) | ownFlags;
    unchecked((key[KEY_SOURCE] = this.isClient ? this.ownPeer : facts.peer));
    unchecked((key[KEY_DESTINATION] = destination));
    unchecked((key[KEY_CLUSTER] = needsCluster ? this.identify(getProperty(CLUSTER_NAME)) : 0));
    unchecked((key[KEY_CODE] = <u32>getPropertyI64(CODE, 0)));
    unchecked((key[KEY_FLAGS_LOW] = <u32>flags));
    unchecked((key[KEY_FLAGS_HIGH] = <u32>(flags >> 32)));
    unchecked((key[KEY_GRPC] = facts.isGrpc ? <u32>max<i64>(getPropertyI64(GRPC_STATUS, -1), -1) + 2 : 0));
    for (let i = 0; i < this.factCount; i++) unchecked((key[KEY_FIRST_FACT + i] = facts.values[i]));
  }

  /** The host's number for the metric of the inputs at hand, 0 where it is off. */
  private define(metric: i32): u32 {
    if (!isEnabled(changetype<usize>(this.program), metric)) return 0;
    const length = writeMetricName(changetype<usize>(this.program), metric, nameBuffer, NAME_CAPACITY);
    if (length < 0) return 0;
    const type = metric == REQUESTS ? MetricType.Counter : MetricType.Histogram;
    return defineMetric(type, Bytes.wrap(nameBuffer, length));
  }

  private identify(value: Bytes | null): u32 {
    return value === null || value.length == 0 ? 0 : this.identities.intern(value.ptr, value.length);
  }
}
