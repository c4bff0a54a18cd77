/**
 * The numbers that the compilers here and the filters' readers share. The layout is written down in
 * docs/policy-program.md; golden files hold both sides to it.
 */

/** "SLPP", the first four bytes of every program. */
export const MAGIC = 0x5050_4c53;

/** Bytes of the header that all programs begin with. */
export const HEADER_BYTES = 16;

/** A reference that refers to nothing. */
export const NONE = 0xffff_ffff;

/** A bundle is not a policy: it holds the programs of several. */
export const PolicyId = { authorization: 1, fault: 2, headers: 3, telemetry: 4, bundle: 5 } as const;
export type PolicyId = (typeof PolicyId)[keyof typeof PolicyId];

/** One number a policy: it changes when a filter that knows the older layout would misread the newer one. */
export const FORMAT_VERSION: Readonly<Record<PolicyId, number>> = { 1: 2, 2: 3, 3: 2, 4: 3, 5: 1 };

/** FNV-1a, 32 bits: finds damage, not malice (a program comes over the same channel as the module that reads it). */
export function checksum(bytes: Uint8Array): number {
  let hash = 0x811c_9dc5;
  // By index, which takes half the time that an iterator does.
  for (let at = 0; at < bytes.length; at += 1) hash = Math.imul(hash ^ (bytes[at] ?? 0), 0x0100_0193);
  return hash >>> 0;
}

/** FNV-1a with a seed and its bits mixed once more: how programs find a text in a table. */
export function hashBytes(bytes: Uint8Array, seed: number): number {
  let hash = seed;
  for (const byte of bytes) hash = Math.imul(hash ^ byte, 0x0100_0193);
  return mixed(hash);
}

/** A hash of two numbers, for tables whose keys are pairs. */
export function hashPair(first: number, second: number, seed: number): number {
  return mixed(Math.imul(seed ^ first, 0x9e37_79b1) ^ Math.imul(second, 0x85eb_ca6b));
}

function mixed(hash: number): number {
  const once = Math.imul(hash ^ (hash >>> 16), 0x7feb_352d);
  return (once ^ (once >>> 15)) >>> 0;
}
