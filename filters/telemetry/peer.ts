import { indexOfByte, sameBytes } from "../common/bytes";
import { DESTINATION_WORKLOAD, setInput, SOURCE_WORKLOAD, UNKNOWN } from "./inputs";

const SEPARATOR: u8 = 59; // ;
const FIELDS: i32 = 7;

const SLASH: u8 = 47;
const SCHEME = String.UTF8.encode("spiffe://");
const NAMESPACE = String.UTF8.encode("ns/");

/** How far from the workload's source number a field's is, for peers as the source of a request ... */
const SOURCE_OFFSETS = memory.data<u8>([0, 1, 3, 4, 6, 7, 5]);
/** ... and as its destination, where the service's three labels stand in between. */
const DESTINATION_OFFSETS = memory.data<u8>([0, 1, 3, 4, 9, 10, 8]);

/** Sets what a peer's seven fields (workload;namespace;app;version;service;revision;cluster) say of the source. */
export function setSourcePeer(at: usize, length: i32): void {
  setPeer(at, length, SOURCE_WORKLOAD, SOURCE_OFFSETS);
}

/** As `setSourcePeer`, of the destination. */
export function setDestinationPeer(at: usize, length: i32): void {
  setPeer(at, length, DESTINATION_WORKLOAD, DESTINATION_OFFSETS);
}

function setPeer(at: usize, length: i32, first: u32, offsets: usize): void {
  let from = 0;
  for (let field = 0; field < FIELDS && from <= length; field++) {
    const size = indexOfByte(at + from, length - from, SEPARATOR);
    setInput(first + load<u8>(offsets + field), at + from, size == 0 ? UNKNOWN : size);
    from += size + 1;
  }
}

/**
 * Sets a peer's identity by its certificate, and its namespace if that is a SPIFFE identity of Istio's form
 * (`spiffe://DOMAIN/ns/NAMESPACE/sa/NAME`): what is signed counts for more than what the peer says of itself.
 */
export function setPrincipal(principal: u32, namespace: u32, identity: StaticArray<u8>): void {
  const at = changetype<usize>(identity);
  const length = identity.length;
  setInput(principal, at, length);
  const scheme = SCHEME.byteLength;
  if (length < scheme || !sameBytes(at, changetype<usize>(SCHEME), scheme)) return;
  const from = scheme + indexOfByte(at + scheme, length - scheme, SLASH) + 1;
  const prefix = NAMESPACE.byteLength;
  if (length - from < prefix || !sameBytes(at + from, changetype<usize>(NAMESPACE), prefix)) return;
  const name = from + prefix;
  const size = indexOfByte(at + name, length - name, SLASH);
  if (size > 0) setInput(namespace, at + name, size);
}
