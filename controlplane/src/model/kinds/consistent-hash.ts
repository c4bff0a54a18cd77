import { list } from "../decode/collections.ts";
import { reportError } from "../decode/context.ts";
import { refine, type Decoder } from "../decode/decoder.ts";
import { durationMs, parseDuration } from "../decode/duration.ts";
import { defined, message, type Place } from "../decode/message.ts";
import { headerName } from "../decode/names.ts";
import { boolean, integer, nonEmptyString, string } from "../decode/scalars.ts";
import type { HashAlgorithm, HashCookie, HashKey } from "../types.ts";

/** Envoy's limits. */
const MAX_RING = 8_388_608;
const MAX_TABLE = 5_000_011;

/** `0s` is a cookie without an end. */
const ttl: Decoder<number> = (value, path, context) =>
  value.kind === "scalar" && value.source !== "0" && parseDuration(value.source) === 0
    ? 0
    : durationMs(value, path, context);

const httpCookie = message(
  "HTTPCookie",
  {
    required: { name: nonEmptyString },
    optional: {
      path: string,
      ttl,
      attributes: list(message("Attribute", { required: { name: nonEmptyString }, optional: { value: string } }, pair)),
    },
  },
  (given): HashCookie =>
    defined({
      name: given.name,
      path: given.path,
      ttlMs: given.ttl,
      attributes: given.attributes ?? [],
    }),
);

function pair(given: { name: string; value: string | undefined }): { name: string; value: string } {
  return { name: given.name, value: given.value ?? "" };
}

const ringSize = integer(0, MAX_RING);

const tableSize: Decoder<number> = refine(integer(1, MAX_TABLE), (size, value, path, context) => {
  if (isPrime(size)) return size;
  return reportError(context, {
    offset: value.offset,
    path,
    message: `${path} is ${size}, which is not a prime number`,
    fix: `write ${nextPrime(size)}`,
  });
});

/** Istio: ConsistentHashLB. */
export const consistentHash = message(
  "ConsistentHashLB",
  {
    optional: {
      httpHeaderName: headerName(false),
      httpCookie,
      useSourceIp: boolean,
      httpQueryParameterName: nonEmptyString,
      ringHash: message("RingHash", { optional: { minimumRingSize: ringSize } }, (given) => given),
      maglev: message("MagLev", { optional: { tableSize } }, (given) => given),
      minimumRingSize: ringSize,
    },
  },
  (given, place): { consistentHash: HashKey; algorithm?: HashAlgorithm } | undefined => {
    const { httpHeaderName, httpCookie: cookie, httpQueryParameterName, useSourceIp } = given;
    const keys: HashKey[] = [];
    if (httpHeaderName !== undefined) keys.push({ httpHeaderName });
    if (cookie !== undefined) keys.push({ httpCookie: cookie });
    if (httpQueryParameterName !== undefined) keys.push({ httpQueryParameterName });
    if (useSourceIp === true) keys.push({ useSourceIp });
    const [key, ...others] = keys;
    if (key === undefined || others.length > 0) return notOneKey(place);
    if (given.ringHash !== undefined && given.maglev !== undefined)
      return reportError(place.context, {
        offset: place.key("maglev"),
        path: place.path,
        message: `${place.path} has both ringHash and maglev`,
        fix: "keep one of the two",
      });
    const size = given.ringHash?.minimumRingSize ?? given.minimumRingSize;
    if (given.maglev !== undefined)
      return { consistentHash: key, algorithm: { kind: "maglev", tableSize: given.maglev.tableSize ?? 65_537 } };
    return size === undefined || size === 0
      ? { consistentHash: key }
      : { consistentHash: key, algorithm: { kind: "ringHash", minimumRingSize: size } };
  },
);

function notOneKey(place: Place): undefined {
  return reportError(place.context, {
    offset: place.offset,
    path: place.path,
    message: `${place.path} must have exactly one key to hash`,
    allowed: "httpHeaderName, httpCookie, httpQueryParameterName, useSourceIp: true",
  });
}

function isPrime(size: number): boolean {
  if (size < 2) return false;
  for (let divisor = 2; divisor * divisor <= size; divisor++) if (size % divisor === 0) return false;
  return true;
}

function nextPrime(size: number): number {
  let candidate = Math.min(size, MAX_TABLE);
  while (!isPrime(candidate)) candidate++;
  return candidate;
}
