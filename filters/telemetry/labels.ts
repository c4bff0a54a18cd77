import { writeDecimal } from "../common/decimal";
import { Interner, OVERFLOW } from "../common/interner";
import { tableCount } from "../common/program";
import { CLIENT, FACTS, protocolOf, SERVER, sideOf, TCP_PROTOCOL } from "./config";
import { setDestination, setDestinationCluster } from "./destination";
import {
  clearInputs,
  CONNECTION_SECURITY_POLICY,
  DESTINATION_NAMESPACE,
  DESTINATION_PRINCIPAL,
  FIRST_FACT,
  GRPC_RESPONSE_STATUS,
  INPUT_SLOTS,
  REPORTER,
  REQUEST_PROTOCOL,
  RESPONSE_CODE,
  RESPONSE_FLAGS,
  setInput,
  setInputText,
  SOURCE_NAMESPACE,
  SOURCE_PRINCIPAL,
} from "./inputs";
import {
  KEY_CLUSTER,
  KEY_CODE,
  KEY_DESTINATION,
  KEY_DESTINATION_PRINCIPAL,
  KEY_FIRST_FACT,
  KEY_FLAGS_HIGH,
  KEY_FLAGS_LOW,
  KEY_GRPC,
  KEY_MUTUAL,
  KEY_SOURCE,
  KEY_SOURCE_PRINCIPAL,
} from "./key";
import { setDestinationPeer, setPrincipal, setSourcePeer } from "./peer";
import { writeResponseFlags } from "./response-flags";

const SOURCE = String.UTF8.encode("source");
const DESTINATION = String.UTF8.encode("destination");
const HTTP = String.UTF8.encode("http");
const GRPC = String.UTF8.encode("grpc");
const TCP = String.UTF8.encode("tcp");
const NO_TLS = String.UTF8.encode("none");
const MUTUAL_TLS = String.UTF8.encode("mutual_tls");
const UNKNOWN_TEXT = String.UTF8.encode("unknown");
const OVERFLOW_TEXT = String.UTF8.encode("overflow");

const codeText = memory.data(16);
const grpcText = memory.data(16);
/** Holds the names of all flags at once. */
const flagsText = memory.data(128);

/** Sets the inputs of a metric's name to what a combination's key says. */
export function fillInputs(program: usize, key: StaticArray<u32>, identities: Interner, factValues: Interner): void {
  clearInputs();
  fillSide(sideOf(program), key[KEY_MUTUAL] != 0);
  fillPeers(program, key, identities);
  if (protocolOf(program) == TCP_PROTOCOL) setInputText(REQUEST_PROTOCOL, TCP);
  else fillRequest(key);
  fillFlags(key);
  for (let i: u32 = 0, count = tableCount(program, FACTS); i < count; i++) {
    const value = key[KEY_FIRST_FACT + i];
    if (value == OVERFLOW) {
      setInputText(FIRST_FACT + i, OVERFLOW_TEXT);
    } else if (value != 0) {
      const text = factValues.value(value);
      setInput(FIRST_FACT + i, changetype<usize>(text), text.length);
    }
  }
}

function fillPeers(program: usize, key: StaticArray<u32>, identities: Interner): void {
  const side = sideOf(program);
  const source = identityAt(identities, key[KEY_SOURCE]);
  if (source !== null) setSourcePeer(changetype<usize>(source), source.length);
  const destination = identityAt(identities, key[KEY_DESTINATION]);
  if (destination !== null && side == CLIENT) setDestination(changetype<usize>(destination), destination.length);
  if (destination !== null && side == SERVER) setDestinationPeer(changetype<usize>(destination), destination.length);
  const sourcePrincipal = identityAt(identities, key[KEY_SOURCE_PRINCIPAL]);
  if (sourcePrincipal !== null) setPrincipal(SOURCE_PRINCIPAL, SOURCE_NAMESPACE, sourcePrincipal);
  const principal = identityAt(identities, key[KEY_DESTINATION_PRINCIPAL]);
  if (principal !== null) setPrincipal(DESTINATION_PRINCIPAL, DESTINATION_NAMESPACE, principal);
  const cluster = identityAt(identities, key[KEY_CLUSTER]);
  if (cluster !== null) setDestinationCluster(changetype<usize>(cluster), cluster.length);
}

/** Sets every input to `overflow`, but for who reports. */
export function fillOverflow(program: usize): void {
  for (let source: u32 = 0; source < INPUT_SLOTS; source++) setInputText(source, OVERFLOW_TEXT);
  fillSide(sideOf(program), false);
  if (sideOf(program) == SERVER) setInputText(CONNECTION_SECURITY_POLICY, OVERFLOW_TEXT);
}

/** Only the server knows whether a connection is secured, as in Istio. */
function fillSide(side: u32, isMutual: bool): void {
  setInputText(REPORTER, side == SERVER ? DESTINATION : SOURCE);
  if (side == SERVER) setInputText(CONNECTION_SECURITY_POLICY, isMutual ? MUTUAL_TLS : NO_TLS);
}

function fillRequest(key: StaticArray<u32>): void {
  setInput(RESPONSE_CODE, codeText, writeDecimal(key[KEY_CODE], codeText));
  const grpc = key[KEY_GRPC];
  setInputText(REQUEST_PROTOCOL, grpc == 0 ? HTTP : GRPC);
  if (grpc == 1) setInputText(GRPC_RESPONSE_STATUS, UNKNOWN_TEXT);
  if (grpc > 1) setInput(GRPC_RESPONSE_STATUS, grpcText, writeDecimal(grpc - 2, grpcText));
}

function fillFlags(key: StaticArray<u32>): void {
  const flags = <u64>key[KEY_FLAGS_LOW] | ((<u64>key[KEY_FLAGS_HIGH]) << 32);
  setInput(RESPONSE_FLAGS, flagsText, writeResponseFlags(flags, flagsText));
}

function identityAt(identities: Interner, id: u32): StaticArray<u8> | null {
  return id == 0 || id == OVERFLOW ? null : identities.value(id);
}
