import {
  Bytes,
  getProperty,
  getPropertyI64,
  incrementMetric,
  log,
  LogLevel,
  recordMetric,
  requestHeaders,
  responseHeaders,
  responseTrailers,
  utf8,
} from "proxy-wasm-assemblyscript-sdk";
import { indexOfByte } from "../common/bytes";
import { OK } from "../common/program";
import { reasonText } from "../common/program-error";
import { hasPeerIdentity, peerIdentity } from "../shell/peer-identity";
import { hasRequestPairs, requestPairs } from "../shell/request-pairs";
import {
  AT_END,
  AT_REQUEST,
  AT_RESPONSE,
  check,
  CLIENT,
  DURATION,
  protocolOf,
  REQUEST_BYTES,
  REQUEST_MESSAGES,
  REQUESTS,
  RESPONSE_BYTES,
  RESPONSE_MESSAGES,
  sideOf,
  TCP_PROTOCOL,
} from "./config";
import { isGrpc } from "./grpc";
import {
  DESTINATION_SERVICE,
  DESTINATION_SERVICE_NAMESPACE,
  DESTINATION_WORKLOAD,
  GRPC_RESPONSE_STATUS,
  LAST_DESTINATION,
  LAST_SOURCE,
  RESPONSE_CODE,
  RESPONSE_FLAGS,
  SOURCE_WORKLOAD,
} from "./inputs";
import { KEY_CLUSTER, KEY_CODE, KEY_DESTINATION, KEY_FLAGS_HIGH, KEY_FLAGS_LOW, KEY_GRPC, KEY_SOURCE } from "./key";
import { MetricBook } from "./metric-book";
import { CLUSTER_NAME, DESTINATION, FLAGS, OWN_PEER } from "./paths";
import { RequestFacts } from "./request-facts";

const CODE = utf8("response\0code");
const GRPC_STATUS = utf8("response\0grpc_status");
/** What Envoy's own gRPC filter has counted: the messages of the request, a comma, those of the response. */
const GRPC_MESSAGES = utf8("filter_state\0envoy.filters.http.grpc_stats");
const GRPC_STATUS_HEADER = utf8("grpc-status");
const PEER_HEADER = utf8("x-sluice-peer");
const CONTENT_TYPE = utf8("content-type");
const COMMA: u8 = 44;

/** Reads and copies a program; null where it is refused, and then the log says why. In the configuration callback. */
export function loadTelemetry(program: Bytes): StaticArray<u8> | null {
  const reason = check(program.ptr, program.length);
  if (reason == OK) return program.toArray();
  log(LogLevel.Error, "sluice.telemetry: program refused, " + reasonText(reason));
  return null;
}

/** Whether a program is about connections that are not HTTP. */
export function isTcp(program: StaticArray<u8>): bool {
  return protocolOf(changetype<usize>(program)) == TCP_PROTOCOL;
}

/** Counts the requests of one plugin: reads their facts, finds the combination of labels, adds to its metrics. */
export class Recorder {
  /** Whether the proxy reports as the client of its requests, not as their server. */
  readonly isClient: bool;
  private readsResponse: bool;
  private book: MetricBook;
  private ownPeer: u32;
  private asksSource: bool;
  private asksDestination: bool;
  private asksService: bool;
  private asksEnd: bool;
  private asksMessages: bool;

  constructor(program: StaticArray<u8>) {
    const book = new MetricBook(program);
    this.book = book;
    this.isClient = sideOf(changetype<usize>(program)) == CLIENT;
    this.ownPeer = book.identify(getProperty(OWN_PEER));
    this.asksSource = book.uses(SOURCE_WORKLOAD, LAST_SOURCE);
    this.asksDestination = book.uses(DESTINATION_WORKLOAD, LAST_DESTINATION);
    this.asksService = book.uses(DESTINATION_SERVICE, DESTINATION_SERVICE_NAMESPACE);
    this.asksEnd = book.hasFactsAt(AT_END);
    this.readsResponse = book.hasFactsAt(AT_RESPONSE);
    this.asksMessages = book.isOn(REQUEST_MESSAGES) || book.isOn(RESPONSE_MESSAGES);
    book.readStartFacts();
  }

  newFacts(): RequestFacts {
    return new RequestFacts(this.book.factCount);
  }

  /** In the callback for the request's headers: what the end of the stream no longer knows. gRPC has a body. */
  readRequest(facts: RequestFacts, hasBody: bool): void {
    facts.begin();
    facts.addRequest(0, !hasBody);
    // The server has two headers to look for, and its authorization mostly has read the list already.
    if (!this.isClient || hasRequestPairs()) this.readPairs(facts);
    else if (hasBody) facts.isGrpc = isGrpc(requestHeaders.get(CONTENT_TYPE));
    if (!this.isClient && hasPeerIdentity()) {
      facts.isPrincipalRead = true;
      facts.principal = this.book.identify(peerIdentity());
    }
    this.book.readFacts(AT_REQUEST, facts.values);
  }

  /** In the callback for the response's headers. A gRPC answer that is nothing but its status has that here. */
  readResponse(facts: RequestFacts, endOfStream: bool): void {
    facts.addResponse(0, endOfStream);
    if (this.readsResponse) this.book.readFacts(AT_RESPONSE, facts.values);
    if (facts.isGrpc && endOfStream) facts.grpcStatus = statusOf(responseHeaders.get(GRPC_STATUS_HEADER));
  }

  /** In the callback for the response's trailers: they are gone when the stream is deleted. */
  readTrailers(facts: RequestFacts): void {
    facts.addResponse(0, true);
    if (facts.isGrpc) facts.grpcStatus = statusOf(responseTrailers.get(GRPC_STATUS_HEADER));
  }

  private readPairs(facts: RequestFacts): void {
    const pairs = requestPairs();
    while (pairs.next()) {
      if (pairs.name.equals(CONTENT_TYPE)) facts.isGrpc = isGrpc(pairs.value);
      else if (!this.isClient && this.asksSource && pairs.name.equals(PEER_HEADER))
        facts.peer = this.book.identify(pairs.value);
    }
  }

  /** When the stream is deleted. `flags` are response flags that the proxy does not know of. */
  record(facts: RequestFacts, flags: u64): void {
    const book = this.book;
    if (this.asksEnd) book.readFacts(AT_END, facts.values);
    this.fillKey(facts, flags);
    const group = book.find();
    const requests = book.metric(group, REQUESTS);
    if (requests != 0) incrementMetric(requests, 1);
    const duration = book.metric(group, DURATION);
    if (duration != 0) recordMetric(duration, facts.durationMs());
    const requestBytes = book.metric(group, REQUEST_BYTES);
    if (requestBytes != 0) recordMetric(requestBytes, facts.requestSize());
    const responseBytes = book.metric(group, RESPONSE_BYTES);
    if (responseBytes != 0) recordMetric(responseBytes, facts.responseSize());
    if (facts.isGrpc && this.asksMessages)
      countMessages(book.metric(group, REQUEST_MESSAGES), book.metric(group, RESPONSE_MESSAGES));
  }

  private fillKey(facts: RequestFacts, ownFlags: u64): void {
    const book = this.book;
    const key = book.key;
    let destination: u32 = 0;
    if (this.asksDestination) destination = this.isClient ? book.identify(getProperty(DESTINATION)) : this.ownPeer;
    const needsCluster = this.asksService && (!this.isClient || destination == 0);
    const source = this.isClient ? this.ownPeer : facts.peer;
    const flags = book.uses(RESPONSE_FLAGS, RESPONSE_FLAGS) ? <u64>getPropertyI64(FLAGS, 0) | ownFlags : 0;
    unchecked((key[KEY_SOURCE] = this.asksSource ? source : 0));
    unchecked((key[KEY_DESTINATION] = destination));
    unchecked((key[KEY_CLUSTER] = needsCluster ? book.identify(getProperty(CLUSTER_NAME)) : 0));
    unchecked((key[KEY_CODE] = book.uses(RESPONSE_CODE, RESPONSE_CODE) ? <u32>getPropertyI64(CODE, 0) : 0));
    unchecked((key[KEY_FLAGS_LOW] = <u32>flags));
    unchecked((key[KEY_FLAGS_HIGH] = <u32>(flags >> 32)));
    unchecked((key[KEY_GRPC] = facts.isGrpc ? this.grpcStatus(facts) : 0));
    book.setPrincipals(facts.isPrincipalRead ? facts.principal : book.readPrincipal());
    book.setFacts(facts.values);
  }

  /** Where the answer had no status, Envoy says what that means: unknown, or what the HTTP code stands for. */
  private grpcStatus(facts: RequestFacts): u32 {
    if (!this.book.uses(GRPC_RESPONSE_STATUS, GRPC_RESPONSE_STATUS)) return 1;
    if (facts.grpcStatus != 0) return facts.grpcStatus;
    return <u32>max<i64>(getPropertyI64(GRPC_STATUS, -1), -1) + 2;
  }
}

/** gRPC's status and 2; 0 for what is no number of one or two digits. */
function statusOf(value: Bytes | null): u32 {
  if (value === null || value.length == 0 || value.length > 2) return 0;
  let status: u32 = 0;
  for (let i = 0; i < value.length; i++) {
    const digit = <u32>value.at(i) - 48;
    if (digit > 9) return 0;
    status = status * 10 + digit;
  }
  return status + 2;
}

function countMessages(requests: u32, responses: u32): void {
  const counted = getProperty(GRPC_MESSAGES);
  if (counted === null) return;
  const comma = indexOfByte(counted.ptr, counted.length, COMMA);
  addMessages(requests, counted.ptr, comma);
  if (comma < counted.length) addMessages(responses, counted.ptr + comma + 1, counted.length - comma - 1);
}

/** A counter takes no zero. */
function addMessages(metric: u32, at: usize, length: i32): void {
  let count: i64 = 0;
  for (let i = 0; i < length && i < 18; i++) {
    const digit = load<u8>(at + i) - 48;
    if (digit > 9) return;
    count = count * 10 + digit;
  }
  if (metric != 0 && count > 0) incrementMetric(metric, count);
}
