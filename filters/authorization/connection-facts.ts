import {
  Bytes,
  getProperty,
  getPropertyBool,
  getPropertyI64,
  joinPath,
  PropertyList,
  utf8,
} from "proxy-wasm-assemblyscript-sdk";
import { writeDecimal } from "../common/decimal";
import { stringAt, stringLength, tableAt } from "../common/program";
import { forgetPeerIdentity, peerIdentity } from "../shell/peer-identity";
import { isIdentity, takeIdentity } from "./identity";
import { portOfInboundCluster } from "./inbound-port";
import {
  DESTINATION_IP,
  FACT_BYTES,
  FACT_NAME,
  FACTS,
  METADATA,
  PORT,
  PRINCIPAL,
  REMOTE_IP,
  REQUEST_PRINCIPAL,
  SNI,
  SOURCE_IP,
  STRINGS,
} from "./layout";
import { FactSource, Matching } from "./matching";

const CLUSTER_NAME = utf8("xds\0cluster_name");
const DESTINATION_PORT = utf8("destination\0port");
const DESTINATION_ADDRESS = utf8("destination\0address");
const SOURCE_ADDRESS = utf8("source\0address");
/** The peer's own address, which the listener writes down before forwarding headers are looked at. */
const DIRECT_ADDRESS = utf8("filter_state\0sluice.direct_peer");
const SERVER_NAME = utf8("connection\0requested_server_name");
const IS_MUTUAL_TLS = utf8("connection\0mtls");
const METADATA_PATH = utf8("metadata\0filter_metadata\0");
const ISSUER = utf8("metadata\0filter_metadata\0envoy.filters.http.jwt_authn\0payload\0iss");
const SUBJECT = utf8("metadata\0filter_metadata\0envoy.filters.http.jwt_authn\0payload\0sub");
const SEPARATOR: u8 = 1;
const MAX_DIGITS: i32 = 10;

/** Reads from the host what is known of a connection, and the metadata that filters before this one have left. */
export class ConnectionFacts extends FactSource {
  private digits: StaticArray<u8> = new StaticArray<u8>(MAX_DIGITS);

  constructor(private program: usize) {
    super();
  }

  /** Another request, or another connection. */
  begin(): void {
    forgetPeerIdentity();
  }

  read(fact: u32, matching: Matching): void {
    const kind = matching.kindOf(fact);
    if (kind == PORT) this.readPort(fact, matching);
    else if (kind == SOURCE_IP) this.readDirectAddress(fact, matching);
    else if (kind == REMOTE_IP) take(fact, getProperty(SOURCE_ADDRESS), matching);
    else if (kind == DESTINATION_IP) take(fact, getProperty(DESTINATION_ADDRESS), matching);
    else if (kind == SNI) take(fact, getProperty(SERVER_NAME), matching);
    else if (isIdentity(kind)) this.readPeer(fact, kind, matching);
    else if (kind == REQUEST_PRINCIPAL) readRequestPrincipal(fact, matching);
    else if (kind == METADATA) this.readMetadata(fact, matching);
  }

  /** The program's own port behind a sidecar (its listener's is the mesh's affair), the listener's port at a gateway. */
  private readPort(fact: u32, matching: Matching): void {
    const cluster = getProperty(CLUSTER_NAME);
    let port = cluster === null ? 0 : portOfInboundCluster(cluster.ptr, cluster.length);
    if (port == 0) port = <u32>getPropertyI64(DESTINATION_PORT, 0);
    const digits = changetype<usize>(this.digits);
    matching.take(fact, digits, writeDecimal(port, digits));
  }

  /** Without forwarding headers, and so for all that is not HTTP, both addresses are one. */
  private readDirectAddress(fact: u32, matching: Matching): void {
    const direct = getProperty(DIRECT_ADDRESS);
    take(fact, direct !== null ? direct : getProperty(SOURCE_ADDRESS), matching);
  }

  private readPeer(fact: u32, kind: u32, matching: Matching): void {
    const peer = peerIdentity();
    const before = matching.hits.count;
    if (peer !== null) takeIdentity(matching, fact, peer.ptr, peer.length);
    // A peer with another certificate than SPIFFE's is nobody by name, but it is not nobody.
    if (kind != PRINCIPAL || matching.hits.count > before || !matching.asksPresence(fact)) return;
    if (getPropertyBool(IS_MUTUAL_TLS)) matching.take(fact, 0, 0);
  }

  private readMetadata(fact: u32, matching: Matching): void {
    const name = load<u32>(tableAt(this.program, FACTS) + <usize>fact * FACT_BYTES, FACT_NAME);
    const path = Bytes.wrap(stringAt(this.program, STRINGS, name), stringLength(this.program, STRINGS, name));
    const value = getProperty(joinPath(METADATA_PATH, path));
    if (value !== null) takeTexts(fact, value, matching);
  }
}

function take(fact: u32, value: Bytes | null, matching: Matching): void {
  if (value !== null) matching.take(fact, value.ptr, value.length);
}

/** Issuer and subject of the token that native jwt_authn has checked, in the form that programs compare. */
function readRequestPrincipal(fact: u32, matching: Matching): void {
  const issuer = getProperty(ISSUER);
  if (issuer === null || issuer.length == 0) return;
  const subject = getProperty(SUBJECT);
  if (subject === null || subject.length == 0) return;
  const joined = joinPath(issuer, subject.slice(0, 0), subject);
  store<u8>(joined.ptr + issuer.length, SEPARATOR);
  matching.take(fact, joined.ptr, joined.length);
}

/**
 * A text of metadata, or each text of a list. The host writes a list as pairs without values: whoever can make a text
 * that looks like a list can as well make a list.
 */
function takeTexts(fact: u32, value: Bytes, matching: Matching): void {
  if (value.length == 4 && load<u32>(value.ptr) == 0) return;
  if (!isList(value)) {
    matching.take(fact, value.ptr, value.length);
    return;
  }
  const list = PropertyList.of(value);
  while (list.next()) matching.take(fact, list.value.ptr, list.value.length);
}

/** Whether the bytes are a list to the last one, and neither text nor a map. */
function isList(bytes: Bytes): bool {
  if (bytes.length < 4) return false;
  const count = load<u32>(bytes.ptr);
  if (<u64>count * 8 + 4 > <u64>bytes.length) return false;
  let size: u64 = 4;
  for (let i: u32 = 0; i < count; i++) {
    const lengths = bytes.ptr + 4 + <usize>i * 8;
    if (load<u32>(lengths, 4) != 0) return false;
    size += <u64>load<u32>(lengths) + 10;
  }
  return size == <u64>bytes.length;
}
