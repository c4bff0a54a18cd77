import {
  Bytes,
  defineMetric,
  getProperty,
  getPropertyI64,
  incrementMetric,
  MetricType,
  recordMetric,
  requestHeaders,
  utf8,
} from "proxy-wasm-assemblyscript-sdk";
import { Interner } from "../common/interner";
import { tableCount } from "../common/program";
import { Combinations, FULL } from "./combinations";
import { CLIENT, DURATION, FACTS, REQUESTS, SERVER } from "./config";
import { isEnabled, writeMetricName } from "./decide";
import { sideOfCluster } from "./destination";
import {
  KEY_CLUSTER,
  KEY_CODE,
  KEY_DESTINATION,
  KEY_FIRST_FACT,
  KEY_FLAGS_HIGH,
  KEY_FLAGS_LOW,
  KEY_GRPC,
  KEY_SIDE,
  KEY_SOURCE,
} from "./key";
import { fillInputs, fillOverflow } from "./labels";
import { readFact } from "./read-fact";
import { RequestFacts } from "./request-facts";

const LISTENER_DIRECTION = utf8("xds\0listener_direction");
const OWN_PEER = utf8("xds\0node\0metadata\0SLUICE_PEER");
const UPSTREAM_PEER = utf8("xds\0upstream_host_metadata\0filter_metadata\0sluice\0peer");
const CLUSTER_NAME = utf8("xds\0cluster_name");
const CODE = utf8("response\0code");
const FLAGS = utf8("response\0flags");
const GRPC_STATUS = utf8("response\0grpc_status");
const REQUEST_DURATION = utf8("request\0duration");
const PEER_HEADER = utf8("x-sluice-peer");
const CONTENT_TYPE = utf8("content-type");
const GRPC_CONTENT_TYPE = utf8("application/grpc");

const INBOUND: i64 = 1;
const NANOSECONDS_PER_MS: i64 = 1_000_000;

/** Bounds of what one plugin keeps: beyond them a value, or a whole combination, is counted as `overflow`. */
const MAX_IDENTITIES: i32 = 4096;
const MAX_FACT_VALUES: i32 = 2048;
const MAX_COMBINATIONS: i32 = 4096;
const MAX_VALUE_BYTES: i32 = 512;

const NAME_CAPACITY: i32 = 16384;
const nameBuffer = memory.data(16384);

/** Counts the requests of one plugin: reads their facts, finds the combination of labels, adds to its metrics. */
export class Recorder {
  private ownPeer: u32 = 0;
  private identities: Interner = new Interner(MAX_IDENTITIES, MAX_VALUE_BYTES);
  private factValues: Interner = new Interner(MAX_FACT_VALUES, MAX_VALUE_BYTES);
  private combinations: Combinations;
  private key: StaticArray<u32>;
  private factCount: i32 = 0;
  /** By combination the host's numbers of its counter and its histogram, 0 for one that is off. */
  private metrics: Array<u32> = [];
  /** The same for what is counted as `overflow`, by side; empty until it is needed. */
  private overflow: StaticArray<u32> = new StaticArray<u32>(4);

  /** In the configuration callback: asks the host for what no request changes. */
  constructor(private program: StaticArray<u8>) {
    const factCount: i32 = tableCount(changetype<usize>(program), FACTS);
    this.factCount = factCount;
    this.key = new StaticArray<u32>(KEY_FIRST_FACT + factCount);
    this.combinations = new Combinations(KEY_FIRST_FACT + factCount, MAX_COMBINATIONS);
    this.ownPeer = this.identify(getProperty(OWN_PEER));
  }

  newFacts(): RequestFacts {
    return new RequestFacts(this.factCount);
  }

  /**
   * Reads what would be gone, or changed, when the request is logged: the router takes the peer's header away.
   * One plugin serves the listeners of both directions; the cluster's name tells which one this is.
   */
  readRequest(facts: RequestFacts): void {
    facts.isRead = true;
    const cluster = getProperty(CLUSTER_NAME);
    facts.cluster = this.identify(cluster);
    facts.side = cluster === null ? -1 : sideOfCluster(cluster.ptr, cluster.length);
    if (facts.side < 0) facts.side = getPropertyI64(LISTENER_DIRECTION, 0) == INBOUND ? SERVER : CLIENT;
    if (!this.isOn(facts.side)) return;
    const contentType = requestHeaders.get(CONTENT_TYPE);
    facts.isGrpc = contentType !== null && contentType.startsWith(GRPC_CONTENT_TYPE);
    facts.peer = facts.side == SERVER ? this.identify(requestHeaders.get(PEER_HEADER)) : 0;
    for (let i = 0; i < this.factCount; i++) {
      const value = readFact(changetype<usize>(this.program), i);
      unchecked((facts.values[i] = value === null ? 0 : this.factValues.intern(value.ptr, value.length)));
    }
  }

  /** Once the request has ended. */
  record(facts: RequestFacts): void {
    if (!this.isOn(facts.side)) return;
    this.fillKey(facts);
    const place = this.combinations.find(changetype<usize>(this.key));
    if (this.combinations.isNew) this.defineCombination(facts.side);
    if (place == FULL) this.defineOverflow(facts.side);
    const counter = place == FULL ? this.overflow[facts.side * 2] : unchecked(this.metrics[place * 2]);
    const histogram = place == FULL ? this.overflow[facts.side * 2 + 1] : unchecked(this.metrics[place * 2 + 1]);
    if (counter != 0) incrementMetric(counter, 1);
    if (histogram != 0) recordMetric(histogram, max<i64>(getPropertyI64(REQUEST_DURATION, 0), 0) / NANOSECONDS_PER_MS);
  }

  private fillKey(facts: RequestFacts): void {
    const key = this.key;
    const isClient = facts.side == CLIENT;
    const flags = getPropertyI64(FLAGS, 0);
    unchecked((key[KEY_SOURCE] = isClient ? this.ownPeer : facts.peer));
    unchecked((key[KEY_DESTINATION] = isClient ? this.identify(getProperty(UPSTREAM_PEER)) : this.ownPeer));
    unchecked((key[KEY_CLUSTER] = facts.cluster));
    unchecked((key[KEY_CODE] = <u32>getPropertyI64(CODE, 0)));
    unchecked((key[KEY_FLAGS_LOW] = <u32>flags));
    unchecked((key[KEY_FLAGS_HIGH] = <u32>(flags >> 32)));
    unchecked((key[KEY_GRPC] = facts.isGrpc ? <u32>max<i64>(getPropertyI64(GRPC_STATUS, -1), -1) + 2 : 0));
    unchecked((key[KEY_SIDE] = facts.side));
    for (let i = 0; i < this.factCount; i++) unchecked((key[KEY_FIRST_FACT + i] = facts.values[i]));
  }

  private defineCombination(side: i32): void {
    fillInputs(changetype<usize>(this.program), this.key, this.identities, this.factValues);
    this.metrics.push(this.define(side, REQUESTS));
    this.metrics.push(this.define(side, DURATION));
  }

  private defineOverflow(side: i32): void {
    if (this.overflow[side * 2] != 0 || this.overflow[side * 2 + 1] != 0) return;
    fillOverflow(side);
    this.overflow[side * 2] = this.define(side, REQUESTS);
    this.overflow[side * 2 + 1] = this.define(side, DURATION);
  }

  /** The host's number for the metric of the inputs at hand, 0 where it is off. */
  private define(side: i32, metric: i32): u32 {
    if (!isEnabled(changetype<usize>(this.program), side, metric)) return 0;
    const length = writeMetricName(changetype<usize>(this.program), side, metric, nameBuffer, NAME_CAPACITY);
    if (length < 0) return 0;
    const type = metric == REQUESTS ? MetricType.Counter : MetricType.Histogram;
    return defineMetric(type, Bytes.wrap(nameBuffer, length));
  }

  private isOn(side: i32): bool {
    const program = changetype<usize>(this.program);
    return isEnabled(program, side, REQUESTS) || isEnabled(program, side, DURATION);
  }

  private identify(value: Bytes | null): u32 {
    return value === null || value.length == 0 ? 0 : this.identities.intern(value.ptr, value.length);
  }
}
