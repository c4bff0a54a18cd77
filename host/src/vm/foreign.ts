import { createPrivateKey, createPublicKey, createSign, createVerify, type KeyObject } from "node:crypto";
import { deflateSync, inflateSync } from "node:zlib";
import { toText } from "../abi/bytes.ts";
import { Status } from "../abi/numbers.ts";
import { bytesField, readProto, type ProtoField, writeProto } from "../abi/protobuf.ts";
import { type ForeignFunction, streamFunctions } from "../core/foreign.ts";
import { messageOf } from "../error.ts";

/** Envoy's own foreign functions. */
export const envoyFunctions: ReadonlyMap<string, ForeignFunction> = new Map<string, ForeignFunction>([
  ...streamFunctions,
  ["compress", (argument) => deflateSync(argument)],
  ["uncompress", uncompress],
  ["verify_signature", verifySignature],
  ["sign", sign],
]);

const HASHES: ReadonlySet<string> = new Set(["sha1", "sha224", "sha256", "sha384", "sha512"]);
const NO_BYTES = new Uint8Array(0);

function uncompress(argument: Uint8Array): Uint8Array | Status {
  try {
    return inflateSync(argument);
  } catch {
    return Status.SerializationFailure;
  }
}

/** VerifySignatureArguments {1: hash, 2: DER key, 3: signature, 4: text, 5: PEM key}; the answer is {1: result, 2: error}. */
function verifySignature(argument: Uint8Array): Uint8Array | Status {
  const fields = readProto(argument);
  if (fields === undefined) return Status.BadArgument;
  const key = keyOf(fields, 5, (input) => createPublicKey(input), "spki");
  if (key === undefined) return Status.BadArgument;
  const hash = hashOf(fields);
  if (hash === undefined) return writeProto([[2, `${hashName(fields)} is not supported.`]]);
  if (key === "broken") return writeProto([[2, "Failed to initialize digest verify."]]);
  const valid = createVerify(hash)
    .update(bytesField(fields, 4) ?? NO_BYTES)
    .verify(key, bytesField(fields, 3) ?? NO_BYTES);
  return valid ? writeProto([[1, true]]) : writeProto([[2, "Failed to verify digest. Error code: 0"]]);
}

/** SignArguments {1: hash, 2: DER key, 3: text, 4: PEM key}; the answer is {1: result, 2: signature, 3: error}. */
function sign(argument: Uint8Array): Uint8Array | Status {
  const fields = readProto(argument);
  if (fields === undefined) return Status.BadArgument;
  const key = keyOf(fields, 4, (input) => createPrivateKey(input), "pkcs8");
  if (key === undefined) return Status.BadArgument;
  const hash = hashOf(fields);
  if (hash === undefined) return writeProto([[3, `${hashName(fields)} is not supported.`]]);
  if (key === "broken") return writeProto([[3, "Failed to initialize digest sign."]]);
  try {
    const signature = createSign(hash)
      .update(bytesField(fields, 3) ?? NO_BYTES)
      .sign(key);
    return writeProto([
      [1, true],
      [2, signature],
    ]);
  } catch (error) {
    return writeProto([[3, messageOf(error)]]);
  }
}

function hashName(fields: readonly ProtoField[]): string {
  return toText(bytesField(fields, 1) ?? NO_BYTES);
}

function hashOf(fields: readonly ProtoField[]): string | undefined {
  const name = hashName(fields).toLowerCase();
  return HASHES.has(name) ? name : undefined;
}

type KeyInput = { key: Buffer; format: "der"; type: "spki" | "pkcs8" } | { key: Buffer; format: "pem" };

/** The key that is given; undefined when none is. */
function keyOf<Type extends "spki" | "pkcs8">(
  fields: readonly ProtoField[],
  pemField: number,
  make: (input: KeyInput & { type?: Type }) => KeyObject,
  type: Type,
): KeyObject | "broken" | undefined {
  const pem = bytesField(fields, pemField);
  const der = bytesField(fields, 2);
  try {
    if (pem !== undefined) return make({ key: Buffer.from(pem), format: "pem" });
    return der === undefined ? undefined : make({ key: Buffer.from(der), format: "der", type });
  } catch {
    return "broken";
  }
}
