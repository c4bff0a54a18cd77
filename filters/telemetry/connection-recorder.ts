import { getProperty, getPropertyI64, incrementMetric, TcpContext, utf8 } from "proxy-wasm-assemblyscript-sdk";
import { forgetRequestPairs } from "../shell/request-pairs";
import { AT_END, AT_REQUEST, CLIENT, CLOSED, intervalOf, OPENED, RECEIVED_BYTES, SENT_BYTES, sideOf } from "./config";
import {
  DESTINATION_SERVICE,
  DESTINATION_SERVICE_NAMESPACE,
  DESTINATION_WORKLOAD,
  LAST_DESTINATION,
  LAST_SOURCE,
  RESPONSE_FLAGS,
  SOURCE_WORKLOAD,
} from "./inputs";
import { KEY_CLUSTER, KEY_DESTINATION, KEY_FLAGS_HIGH, KEY_FLAGS_LOW, KEY_SOURCE } from "./key";
import { MetricBook } from "./metric-book";
import { CLUSTER_NAME, DESTINATION, FLAGS, OWN_PEER, REQUEST_SIZE, RESPONSE_SIZE } from "./paths";

/** What has been reported of one connection. It is in its recorder's list while the connection lasts. */
export class ConnectionCount {
  next: ConnectionCount | null = null;
  previous: ConnectionCount | null = null;
  isLive: bool = false;
  isOpenReported: bool = false;
  received: i64 = 0;
  sent: i64 = 0;

  constructor(public connection: TcpContext) {}

  /** For the next connection. */
  reset(): void {
    this.isLive = false;
    this.isOpenReported = false;
    this.received = 0;
    this.sent = 0;
  }
}

/** Counts the connections of one plugin that are not HTTP: when they end, and from time to time while they last. */
export class ConnectionRecorder {
  /** Milliseconds between two reports. */
  readonly interval: u32;
  private book: MetricBook;
  private isClient: bool;
  private ownPeer: u32;
  private asksSource: bool;
  private asksDestination: bool;
  private asksService: bool;
  private values: StaticArray<u32>;
  private live: ConnectionCount | null = null;

  constructor(program: StaticArray<u8>) {
    const book = new MetricBook(program);
    this.book = book;
    this.interval = intervalOf(changetype<usize>(program));
    this.isClient = sideOf(changetype<usize>(program)) == CLIENT;
    this.ownPeer = book.identify(getProperty(OWN_PEER));
    this.asksSource = book.uses(SOURCE_WORKLOAD, LAST_SOURCE);
    this.asksDestination = book.uses(DESTINATION_WORKLOAD, LAST_DESTINATION);
    this.asksService = book.uses(DESTINATION_SERVICE, DESTINATION_SERVICE_NAMESPACE);
    this.values = new StaticArray<u32>(book.factCount);
    book.readStartFacts();
  }

  open(count: ConnectionCount): void {
    const first = this.live;
    count.isLive = true;
    count.previous = null;
    count.next = first;
    if (first !== null) first.previous = count;
    this.live = count;
  }

  /** The connection's end. */
  close(count: ConnectionCount): void {
    if (!count.isLive) return;
    const next = count.next;
    const previous = count.previous;
    if (previous !== null) previous.next = next;
    else this.live = next;
    if (next !== null) next.previous = previous;
    count.isLive = false;
    count.next = null;
    count.previous = null;
    this.fillKey();
    const group = this.report(count);
    const closed = this.book.metric(group, CLOSED);
    if (closed != 0) incrementMetric(closed, 1);
  }

  /** All connections that last. Whose server is not known yet waits for the next time. */
  reportAll(): void {
    let count = this.live;
    while (count !== null) {
      this.reportLasting(count);
      count = count.next;
    }
  }

  private reportLasting(count: ConnectionCount): void {
    count.connection.activate();
    this.fillKey();
    if (!this.isClient || !this.asksDestination || this.book.key[KEY_DESTINATION] != 0) this.report(count);
  }

  private report(count: ConnectionCount): i32 {
    const book = this.book;
    const group = book.find();
    if (!count.isOpenReported) add(book.metric(group, OPENED), 1);
    count.isOpenReported = true;
    const received = getPropertyI64(REQUEST_SIZE, 0);
    const sent = getPropertyI64(RESPONSE_SIZE, 0);
    add(book.metric(group, RECEIVED_BYTES), received - count.received);
    add(book.metric(group, SENT_BYTES), sent - count.sent);
    count.received = received;
    count.sent = sent;
    return group;
  }

  private fillKey(): void {
    const book = this.book;
    const key = book.key;
    forgetRequestPairs();
    let destination: u32 = 0;
    if (this.asksDestination) destination = this.isClient ? book.identify(getProperty(DESTINATION)) : this.ownPeer;
    const needsCluster = this.asksService && (!this.isClient || destination == 0);
    const flags = book.uses(RESPONSE_FLAGS, RESPONSE_FLAGS) ? <u64>getPropertyI64(FLAGS, 0) : 0;
    key[KEY_SOURCE] = this.isClient && this.asksSource ? this.ownPeer : 0;
    key[KEY_DESTINATION] = destination;
    key[KEY_CLUSTER] = needsCluster ? book.identify(getProperty(CLUSTER_NAME)) : 0;
    key[KEY_FLAGS_LOW] = <u32>flags;
    key[KEY_FLAGS_HIGH] = <u32>(flags >> 32);
    book.setPrincipals(book.readPrincipal());
    book.readFacts(AT_REQUEST, this.values);
    book.readFacts(AT_END, this.values);
    book.setFacts(this.values);
  }
}

/** A counter takes no zero. */
function add(metric: u32, by: i64): void {
  if (metric != 0 && by > 0) incrementMetric(metric, by);
}
