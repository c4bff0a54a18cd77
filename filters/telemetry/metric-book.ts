import { Bytes, defineMetric, getProperty, incrementMetric, MetricType, utf8 } from "proxy-wasm-assemblyscript-sdk";
import { Interner, OVERFLOW } from "../common/interner";
import { tableCount } from "../common/program";
import { Combinations, FULL } from "./combinations";
import {
  AT_START,
  DURATION,
  factAt,
  FACTS,
  isTls,
  maxCombinations,
  protocolOf,
  REQUEST_BYTES,
  RESPONSE_BYTES,
  seriesCount,
  SERVER,
  sideOf,
  stepAt,
  TCP_PROTOCOL,
  usedSources,
} from "./config";
import { isEnabled, writeMetricName } from "./decide";
import { evaluate, resultAt, resultLength } from "./expression";
import { HostLeaves } from "./host-leaves";
import { DESTINATION_PRINCIPAL, SOURCE_PRINCIPAL, UNKNOWN } from "./inputs";
import { KEY_DESTINATION_PRINCIPAL, KEY_FIRST_FACT, KEY_MUTUAL, KEY_SOURCE_PRINCIPAL } from "./key";
import { fillInputs, fillOverflow } from "./labels";

const FOLDED_AT_CLIENT = utf8("sluice_telemetry_folded_total;.reporter=source");
const FOLDED_AT_SERVER = utf8("sluice_telemetry_folded_total;.reporter=destination");
const SERVER_PEER = utf8("connection\0uri_san_peer_certificate");
const SERVER_SELF = utf8("connection\0uri_san_local_certificate");
const CLIENT_PEER = utf8("upstream\0uri_san_peer_certificate");
const CLIENT_SELF = utf8("upstream\0uri_san_local_certificate");

/** Bounds of what one plugin keeps: beyond them a value, or a whole combination, is counted as `overflow`. */
const MAX_IDENTITIES: i32 = 4096;
const MAX_FACT_VALUES: i32 = 2048;
const MAX_VALUE_BYTES: i32 = 512;

const NAME_CAPACITY: i32 = 16384;
const nameBuffer = memory.data(16384);

const leaves = new HostLeaves();

/** The metrics of one plugin, by the combination of labels that they are for: each is defined once. */
export class MetricBook {
  /** What tells the combination at hand from others; see key.ts. */
  readonly key: StaticArray<u32>;
  readonly factCount: i32;
  private at: usize;
  private used: u64;
  private isTls: bool;
  private isServer: bool;
  private seriesCount: i32;
  private identities: Interner = new Interner(MAX_IDENTITIES, MAX_VALUE_BYTES);
  private factValues: Interner = new Interner(MAX_FACT_VALUES, MAX_VALUE_BYTES);
  private combinations: Combinations;
  /** The host's numbers, a group for each combination, 0 for a metric that is off; the first is for `overflow`. */
  private metrics: Array<u32> = [];
  private hasOverflow: bool = false;
  private folded: u32 = 0;
  /** The proxy's own identity, which its certificates do not change. */
  private ownPrincipal: u32 = 0;

  constructor(private program: StaticArray<u8>) {
    const at = changetype<usize>(program);
    const factCount: i32 = tableCount(at, FACTS);
    this.at = at;
    this.factCount = factCount;
    this.key = new StaticArray<u32>(KEY_FIRST_FACT + factCount);
    this.used = usedSources(at);
    this.isTls = isTls(at);
    this.isServer = sideOf(at) == SERVER;
    this.seriesCount = seriesCount(at);
    this.combinations = new Combinations(KEY_FIRST_FACT + factCount, maxCombinations(at));
    for (let i = 0; i < this.seriesCount; i++) this.metrics.push(0);
  }

  /** Whether a label of one of the sources from `first` to `last` is there. */
  uses(first: u32, last: u32): bool {
    const bits = (((<u64>2) << last) - 1) & ~(((<u64>1) << first) - 1);
    return (this.used & bits) != 0;
  }

  isOn(metric: i32): bool {
    return isEnabled(this.at, metric);
  }

  identify(value: Bytes | null): u32 {
    return value === null || value.length == 0 ? 0 : this.identities.intern(value.ptr, value.length);
  }

  /** Whether a fact is to be read at a moment (`AT_…`). */
  hasFactsAt(moment: u32): bool {
    for (let i = 0; i < this.factCount; i++) if (load<u32>(factAt(this.at, i)) == moment) return true;
    return false;
  }

  /** Works out the facts of a moment. */
  readFacts(moment: u32, values: StaticArray<u32>): void {
    for (let i = 0; i < this.factCount; i++) {
      const fact = factAt(this.at, i);
      if (load<u32>(fact) == moment) unchecked((values[i] = this.readFact(fact)));
    }
  }

  private readFact(fact: usize): u32 {
    leaves.begin(this.at);
    evaluate(this.at, stepAt(this.at, load<u32>(fact, 4)), load<u32>(fact, 8), leaves);
    return resultLength() == UNKNOWN ? 0 : this.factValues.intern(resultAt(), resultLength());
  }

  /** Facts of the request into the key; those of the proxy's start stand there already. */
  setFacts(values: StaticArray<u32>): void {
    for (let i = 0; i < this.factCount; i++) {
      if (load<u32>(factAt(this.at, i)) != AT_START) unchecked((this.key[KEY_FIRST_FACT + i] = values[i]));
    }
  }

  /** Once, in the configuration callback. */
  readStartFacts(): void {
    for (let i = 0; i < this.factCount; i++) {
      const fact = factAt(this.at, i);
      if (load<u32>(fact) == AT_START) this.key[KEY_FIRST_FACT + i] = this.readFact(fact);
    }
  }

  /** Who the other side is by its certificate. Where there can be none, nothing is asked. */
  readPrincipal(): u32 {
    return this.isTls ? this.identify(getProperty(this.isServer ? SERVER_PEER : CLIENT_PEER)) : 0;
  }

  /** Who both sides are by their certificates, into the key. */
  setPrincipals(peer: u32): void {
    if (!this.isTls) return;
    if (this.ownPrincipal == 0 && peer != 0) {
      this.ownPrincipal = this.identify(getProperty(this.isServer ? SERVER_SELF : CLIENT_SELF));
    }
    const own = peer == 0 ? 0 : this.ownPrincipal;
    const source = this.isServer ? peer : own;
    const destination = this.isServer ? own : peer;
    const asks = this.uses(SOURCE_PRINCIPAL - 1, SOURCE_PRINCIPAL);
    unchecked((this.key[KEY_SOURCE_PRINCIPAL] = asks ? source : 0));
    const asksDestination = this.uses(DESTINATION_PRINCIPAL - 1, DESTINATION_PRINCIPAL);
    unchecked((this.key[KEY_DESTINATION_PRINCIPAL] = asksDestination ? destination : 0));
    unchecked((this.key[KEY_MUTUAL] = u32(peer != 0)));
  }

  /** The group of metrics for the key; defined now if it is new. */
  find(): i32 {
    const place = this.combinations.find(changetype<usize>(this.key));
    if (this.combinations.isNew) {
      fillInputs(this.at, this.key, this.identities, this.factValues);
      for (let i = 0; i < this.seriesCount; i++) this.metrics.push(this.define(i));
    }
    if (place == FULL) {
      if (!this.hasOverflow) this.defineOverflow();
      this.countFolded();
      return 0;
    }
    if (this.isFolded()) this.countFolded();
    return (place + 1) * this.seriesCount;
  }

  /** The host's number of a metric of a group; 0 where it is off. */
  metric(group: i32, metric: i32): u32 {
    return unchecked(this.metrics[group + metric]);
  }

  private isFolded(): bool {
    for (let i = 0; i < this.key.length; i++) if (unchecked(this.key[i]) == OVERFLOW) return true;
    return false;
  }

  private countFolded(): void {
    if (this.folded == 0)
      this.folded = defineMetric(MetricType.Counter, this.isServer ? FOLDED_AT_SERVER : FOLDED_AT_CLIENT);
    if (this.folded != 0) incrementMetric(this.folded, 1);
  }

  private defineOverflow(): void {
    this.hasOverflow = true;
    fillOverflow(this.at);
    for (let i = 0; i < this.seriesCount; i++) this.metrics[i] = this.define(i);
  }

  /** The host's number for a metric of the inputs at hand, 0 where it is off. */
  private define(metric: i32): u32 {
    if (!this.isOn(metric)) return 0;
    const length = writeMetricName(this.at, metric, nameBuffer, NAME_CAPACITY);
    if (length < 0) return 0;
    const isHistogram =
      protocolOf(this.at) != TCP_PROTOCOL &&
      (metric == DURATION || metric == REQUEST_BYTES || metric == RESPONSE_BYTES);
    return defineMetric(isHistogram ? MetricType.Histogram : MetricType.Counter, Bytes.wrap(nameBuffer, length));
  }
}
