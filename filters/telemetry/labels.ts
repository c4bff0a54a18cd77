import { writeDecimal } from "../common/decimal";
import { Interner, OVERFLOW } from "../common/interner";
import { tableAt, tableCount } from "../common/program";
import { CLIENT, FACT_BYTES, FACT_CODE, FACTS, SERVER, sideOf } from "./config";
import { setDestination, setDestinationCluster } from "./destination";
import {
  clearInputs,
  CONNECTION_SECURITY_POLICY,
  FIRST_FACT,
  GRPC_RESPONSE_STATUS,
  INPUT_SLOTS,
  inputAt,
  inputLength,
  REPORTER,
  REQUEST_PROTOCOL,
  RESPONSE_CODE,
  RESPONSE_FLAGS,
  setInput,
  setInputText,
} from "./inputs";
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
import { setDestinationPeer, setSourcePeer } from "./peer";
import { writeResponseFlags } from "./response-flags";

const SOURCE = String.UTF8.encode("source");
const DESTINATION = String.UTF8.encode("destination");
const HTTP = String.UTF8.encode("http");
const GRPC = String.UTF8.encode("grpc");
const NO_TLS = String.UTF8.encode("none");
const UNKNOWN_TEXT = String.UTF8.encode("unknown");
const OVERFLOW_TEXT = String.UTF8.encode("overflow");

const codeText = memory.data(16);
const grpcText = memory.data(16);
/** Holds the names of all flags at once. */
const flagsText = memory.data(128);

/** Sets the inputs of a metric's name to what a combination's key says. */
export function fillInputs(program: usize, key: StaticArray<u32>, identities: Interner, factValues: Interner): void {
  clearInputs();
  const side = sideOf(program);
  fillSide(side);
  const source = identityAt(identities, key[KEY_SOURCE]);
  if (source !== null) setSourcePeer(changetype<usize>(source), source.length);
  const destination = identityAt(identities, key[KEY_DESTINATION]);
  if (destination !== null && side == CLIENT) setDestination(changetype<usize>(destination), destination.length);
  if (destination !== null && side == SERVER) setDestinationPeer(changetype<usize>(destination), destination.length);
  const cluster = identityAt(identities, key[KEY_CLUSTER]);
  if (cluster !== null) setDestinationCluster(changetype<usize>(cluster), cluster.length);
  fillResponse(key);
  for (let i: u32 = 0, count = tableCount(program, FACTS); i < count; i++) {
    fillFact(
      FIRST_FACT + i,
      load<u32>(tableAt(program, FACTS) + <usize>i * FACT_BYTES),
      key[KEY_FIRST_FACT + i],
      factValues,
    );
  }
}

/** Sets every input to `overflow`, but for who reports. */
export function fillOverflow(program: usize): void {
  for (let source: u32 = 0; source < INPUT_SLOTS; source++) setInputText(source, OVERFLOW_TEXT);
  fillSide(sideOf(program));
}

/** Only the server knows whether a connection is secured, as in Istio; there is no TLS between proxies yet. */
function fillSide(side: u32): void {
  setInputText(REPORTER, side == SERVER ? DESTINATION : SOURCE);
  if (side == SERVER) setInputText(CONNECTION_SECURITY_POLICY, NO_TLS);
}

function fillResponse(key: StaticArray<u32>): void {
  setInput(RESPONSE_CODE, codeText, writeDecimal(key[KEY_CODE], codeText));
  const flags = <u64>key[KEY_FLAGS_LOW] | ((<u64>key[KEY_FLAGS_HIGH]) << 32);
  setInput(RESPONSE_FLAGS, flagsText, writeResponseFlags(flags, flagsText));
  const grpc = key[KEY_GRPC];
  setInputText(REQUEST_PROTOCOL, grpc == 0 ? HTTP : GRPC);
  if (grpc == 1) setInputText(GRPC_RESPONSE_STATUS, UNKNOWN_TEXT);
  if (grpc > 1) setInput(GRPC_RESPONSE_STATUS, grpcText, writeDecimal(grpc - 2, grpcText));
}

function fillFact(source: u32, kind: u32, value: u32, factValues: Interner): void {
  if (kind == FACT_CODE) {
    setInput(source, inputAt(RESPONSE_CODE), inputLength(RESPONSE_CODE));
  } else if (value == OVERFLOW) {
    setInputText(source, OVERFLOW_TEXT);
  } else if (value != 0) {
    const text = factValues.value(value);
    setInput(source, changetype<usize>(text), text.length);
  }
}

function identityAt(identities: Interner, id: u32): StaticArray<u8> | null {
  return id == 0 || id == OVERFLOW ? null : identities.value(id);
}
