import {
  Bytes,
  HeaderList,
  HttpContext,
  randomU64,
  requestHeaders,
  responseHeaders,
  sendLocalResponseWithHeaders,
  sendLocalResponse,
  setProperty,
  utf8,
} from "proxy-wasm-assemblyscript-sdk";
import { writeDecimal } from "../common/decimal";
import { NONE, stringAt, stringLength } from "../common/program";
import { BODY, CONTENT_TYPE, FLAGS, KEEP, MARK, RESET, RESPONSE_PHASE, STRINGS } from "./config";
import {
  abortOf,
  asksStatus,
  bytesOf,
  delayMs,
  disturbsStatus,
  drips,
  grpcStatusOf,
  httpStatusOf,
  isById,
  isNamed,
  kibPerSecondOf,
  randomOfId,
} from "./decide";
import { findRule, headerOf, requestId } from "./find-rule";
import { ABORTED, DELAYED, NamedInjection, SLOWED, TRUNCATED } from "./named-injection";

const DEFAULT_BODY = utf8("fault filter abort");
const DETAILS = utf8("fault_filter_abort");
const MARK_NAME = utf8("x-sluice-fault");
const CONTENT_TYPE_NAME = utf8("content-type");
const CONTENT_LENGTH = utf8("content-length");
const CONTENT_ENCODING = utf8("content-encoding");
const TRANSFER_ENCODING = utf8("transfer-encoding");
const GRPC = utf8("grpc-");
const COLON: u8 = 58;
const STATUS_NAME = utf8(":status");
const METHOD = utf8(":method");
const HEAD = utf8("HEAD");
/** What the filters behind this one go by: Envoy's own for faults, and the script that cuts bodies off. */
const THROUGHPUT = utf8("x-envoy-fault-throughput-response");
const TRUNCATE = utf8("fault_truncate");
const digits = memory.data(12);

/** What is in store for one request; the object serves one stream after another. */
export class Disturbance {
  /** Milliseconds to wait, 0 for none. */
  delay: u32 = 0;
  isResponsePhase: bool = false;
  private program: usize = 0;
  private rule: usize = 0;
  private status: usize = 0;
  private kibPerSecond: u32 = 0;
  private bytes: i32 = -1;
  private named: NamedInjection | null = null;

  get aborts(): bool {
    return this.status != 0;
  }

  get isNothing(): bool {
    return this.delay == 0 && this.status == 0 && this.kibPerSecond == 0 && this.bytes < 0;
  }

  /** Decides, once for a request, when its headers have come. */
  begin(program: usize): void {
    // It is not for a client to say.
    if (drips(program) && headerOf(THROUGHPUT) !== null) requestHeaders.remove(THROUGHPUT);
    const rule = findRule(program);
    if (rule == 0) return;
    this.program = program;
    this.rule = rule;
    const random = randomOf(rule);
    this.delay = delayMs(program, rule, random);
    this.status = abortOf(program, rule, random);
    this.kibPerSecond = kibPerSecondOf(rule, random);
    this.bytes = bytesOf(rule, random);
    this.isResponsePhase = (load<u32>(rule, FLAGS) & RESPONSE_PHASE) != 0;
    if (!isNamed(rule) || this.isNothing) return;
    const named = NamedInjection.of(program, rule);
    if (named !== null && named.take(rule)) {
      this.named = named;
      this.instruct(named);
    } else this.forget();
  }

  /** Whether the response that has come is one of those that the rule asks for; if not, nothing happens to it. */
  disturbsResponse(): bool {
    if (!this.isResponsePhase || !asksStatus(this.rule)) return true;
    if (disturbsStatus(this.program, this.rule, upstreamStatus())) return true;
    this.end();
    return false;
  }

  /** The stream's end. */
  end(): void {
    const named = this.named;
    if (named !== null) named.release();
    this.named = null;
    this.forget();
  }

  tellDelay(): void {
    const named = this.named;
    if (named !== null) named.tell(DELAYED);
  }

  /** Ends the request as the rule says; a gRPC client gets its status as trailers-only. */
  abort(stream: HttpContext): void {
    const named = this.named;
    if (named !== null) named.tell(ABORTED);
    const http = httpStatusOf(this.status);
    if (http == RESET) {
      if (this.isResponsePhase) stream.closeResponse();
      else stream.closeRequest();
      return;
    }
    const status = http == KEEP ? upstreamStatus() : http;
    const text = this.text(BODY);
    const body = text === null ? DEFAULT_BODY : text;
    const type = this.text(CONTENT_TYPE);
    if (named === null) {
      sendLocalResponse(status, DETAILS, body, grpcStatusOf(this.status));
      return;
    }
    const headers = HeaderList.create();
    if (type !== null) headers.add(CONTENT_TYPE_NAME, type);
    // Envoy sends an answer in the place of a response past all filters.
    if (this.isResponsePhase) keepHeaders(headers, type === null && http == KEEP);
    sendLocalResponseWithHeaders(status, DETAILS, body, headers, grpcStatusOf(this.status));
  }

  /** Says in the response's headers whose fault it is. */
  mark(): void {
    const named = this.named;
    if (named === null || (load<u32>(this.rule, FLAGS) & MARK) == 0) return;
    responseHeaders.set(MARK_NAME, named.mark(this.delay, this.aborts, this.kibPerSecond, this.bytes));
  }

  /** Tells the filters behind this one what is theirs to do. */
  private instruct(named: NamedInjection): void {
    if (this.kibPerSecond != 0) {
      named.tell(SLOWED);
      requestHeaders.set(THROUGHPUT, Bytes.wrap(digits, writeDecimal(this.kibPerSecond, digits)));
    }
    if (this.bytes < 0) return;
    const method = headerOf(METHOD);
    if (method !== null && method.equals(HEAD)) {
      this.bytes = -1;
      return;
    }
    named.tell(TRUNCATED);
    setProperty(TRUNCATE, Bytes.wrap(digits, writeDecimal(this.bytes, digits)));
  }

  private forget(): void {
    this.delay = 0;
    this.status = 0;
    this.kibPerSecond = 0;
    this.bytes = -1;
  }

  private text(field: i32): Bytes | null {
    const index = load<u32>(this.rule + field);
    if (index == NONE) return null;
    return Bytes.wrap(stringAt(this.program, STRINGS, index), stringLength(this.program, STRINGS, index));
  }
}

/** One number for all decisions about a request: a random one, or its id's. */
function randomOf(rule: usize): u64 {
  const id = isById(rule) ? requestId() : null;
  return id === null ? randomU64() : randomOfId(rule, id.ptr, id.length);
}

/** Adds the response's headers as they are now, without those that speak of its body and of how it ended. */
function keepHeaders(headers: HeaderList, withType: bool): void {
  const pairs = responseHeaders.pairs();
  while (pairs.next()) {
    const name = pairs.name;
    if (name.length == 0 || name.at(0) == COLON) continue;
    if (name.equals(CONTENT_LENGTH) || name.equals(CONTENT_ENCODING) || name.equals(TRANSFER_ENCODING)) continue;
    if (name.startsWith(GRPC) || (!withType && name.equals(CONTENT_TYPE_NAME))) continue;
    headers.add(name, pairs.value);
  }
}

function upstreamStatus(): u32 {
  const text = responseHeaders.get(STATUS_NAME);
  if (text === null || text.length != 3) return 200;
  return (<u32>text.at(0) - 48) * 100 + (<u32>text.at(1) - 48) * 10 + (<u32>text.at(2) - 48);
}
