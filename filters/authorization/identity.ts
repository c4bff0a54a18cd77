import { indexOfByte, sameBytes } from "../common/bytes";
import { NAMESPACE, PRINCIPAL, SERVICE_ACCOUNT, TRUST_DOMAIN } from "./layout";
import { Matching } from "./matching";

const SCHEME = String.UTF8.encode("spiffe://");
const NS = String.UTF8.encode("/ns/");
const SA = String.UTF8.encode("/sa/");
const SLASH: u8 = 47;

/** Room for a namespace and an account; grows with the longest. */
let joined = new StaticArray<u8>(128);

/** Whether a fact is told by the peer's SPIFFE identity. */
export function isIdentity(kind: u32): bool {
  return kind >= PRINCIPAL && kind <= TRUST_DOMAIN;
}

/** The part of `spiffe://DOMAIN/ns/NAMESPACE/sa/ACCOUNT` that a fact is; nothing where the text is no such identity. */
export function takeIdentity(matching: Matching, fact: u32, at: usize, length: i32): void {
  const scheme = SCHEME.byteLength;
  if (length <= scheme || !sameBytes(at, changetype<usize>(SCHEME), scheme)) return;
  const kind = matching.kindOf(fact);
  const from = at + scheme;
  const size = length - scheme;
  if (kind == PRINCIPAL) matching.take(fact, from, size);
  else if (kind == TRUST_DOMAIN) matching.take(fact, from, indexOfByte(from, size, SLASH));
  else if (kind == NAMESPACE) takeNamespace(matching, fact, from, size);
  else if (kind == SERVICE_ACCOUNT) takeServiceAccount(matching, fact, from, size);
}

/** What stands between `/ns/` and the next slash. */
function takeNamespace(matching: Matching, fact: u32, at: usize, length: i32): void {
  const from = endOf(at, length, 0, NS);
  if (from < 0) return;
  const size = indexOfByte(at + from, length - from, SLASH);
  if (from + size < length) matching.take(fact, at + from, size);
}

/** Namespace and account with a slash between: what stands between `/ns/` and `/sa/` is moved up to the account. */
function takeServiceAccount(matching: Matching, fact: u32, at: usize, length: i32): void {
  const from = endOf(at, length, 0, NS);
  if (from < 0) return;
  const namespace = indexOfByte(at + from, length - from, SLASH);
  const account = endOf(at, length, from + namespace, SA);
  if (account < 0) return;
  const size = indexOfByte(at + account, length - account, SLASH);
  const whole = namespace + 1 + size;
  if (joined.length < whole) joined = new StaticArray<u8>(whole);
  const to = changetype<usize>(joined);
  memory.copy(to, at + from, namespace);
  store<u8>(to + namespace, SLASH);
  memory.copy(to + namespace + 1, at + account, size);
  matching.take(fact, to, whole);
}

/** Where the first `mark` at or after `from` ends; -1 where there is none. */
function endOf(at: usize, length: i32, from: i32, mark: ArrayBuffer): i32 {
  const size = mark.byteLength;
  for (let i = from; i + size <= length; i++) {
    if (sameBytes(at + i, changetype<usize>(mark), size)) return i + size;
  }
  return -1;
}
