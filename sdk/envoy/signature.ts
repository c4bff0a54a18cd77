import { Bytes } from "../wire/bytes";
import { ProtoReader, ProtoWriter } from "../wire/proto";
import { utf8 } from "../wire/utf8";
import { callForeignFunction } from "./foreign";

// Envoy's foreign functions verify_signature and sign (source/extensions/common/wasm/ext/{verify_signature,sign}.proto).
// RSA with PKCS #1 v1.5 and ECDSA with DER signatures, by what the key is.

/**
 * Whether `signature` is that of `text` by the owner of this public key. False too when the host has no such function or
 * refuses the key: `lastStatus()` is then not Ok.
 * @param hash `sha256`, `sha384`, `sha512`, ...
 * @param key in DER (SubjectPublicKeyInfo)
 * @param signature as the algorithm has it: for ECDSA in DER, so that the 64 bytes of a JWT must be converted
 */
export function verifySignature(hash: Bytes, key: Bytes, signature: Bytes, text: Bytes): bool {
  return verify(hash, 2, key, signature, text);
}

/** `verifySignature` with the key in PEM (Envoy 1.36 and later). */
export function verifySignaturePem(hash: Bytes, key: Bytes, signature: Bytes, text: Bytes): bool {
  return verify(hash, 5, key, signature, text);
}

function verify(hash: Bytes, keyField: u32, key: Bytes, signature: Bytes, text: Bytes): bool {
  const size = hash.length + key.length + signature.length + text.length;
  const message = ProtoWriter.create(size, 4).bytes(1, hash).bytes(keyField, key).bytes(3, signature).bytes(4, text);
  const result = callForeignFunction(utf8("verify_signature"), message.end());
  if (!result) return false;
  const reader = ProtoReader.read(result);
  while (reader.next()) if (reader.field == 1) return reader.number != 0;
  return false;
}

/**
 * Signs `text`; null when the host cannot (`lastStatus()`), or the key does not fit.
 * @param key private, in DER (PKCS #8)
 */
export function sign(hash: Bytes, key: Bytes, text: Bytes): Bytes | null {
  return signWith(hash, 2, key, text);
}

/** `sign` with the key in PEM. */
export function signPem(hash: Bytes, key: Bytes, text: Bytes): Bytes | null {
  return signWith(hash, 4, key, text);
}

function signWith(hash: Bytes, keyField: u32, key: Bytes, text: Bytes): Bytes | null {
  const size = hash.length + key.length + text.length;
  const message = ProtoWriter.create(size, 3).bytes(1, hash).bytes(keyField, key).bytes(3, text);
  const result = callForeignFunction(utf8("sign"), message.end());
  if (!result) return null;
  const reader = ProtoReader.read(result);
  let signed = false;
  let signature: Bytes | null = null;
  while (reader.next()) {
    if (reader.field == 1) signed = reader.number != 0;
    else if (reader.field == 2) signature = reader.bytes.slice(0);
  }
  return signed ? signature : null;
}
