import { isIP } from "../decode/ip.ts";

/** Whether a range of IP addresses (`10.0.0.0/8`, `::1`) takes in all of another range, or one address. */
export function includes(range: string, other: string): boolean {
  const [outer, inner] = [rangeOf(range), rangeOf(other)];
  if (outer === undefined || inner === undefined || outer.size !== inner.size || outer.bits > inner.bits) return false;
  const rest = BigInt(outer.size - outer.bits);
  return outer.value >> rest === inner.value >> rest;
}

interface Range {
  readonly value: bigint;
  /** Bits of an address of its kind, and how many of them the range fixes. */
  readonly size: 32 | 128;
  readonly bits: number;
}

function rangeOf(text: string): Range | undefined {
  const [address = "", bits] = text.split("/");
  const kind = isIP(address);
  if (kind === 0) return undefined;
  const size = kind === 4 ? 32 : 128;
  return {
    value: kind === 4 ? valueOf4(address) : valueOf6(address),
    size,
    bits: bits === undefined ? size : Number(bits),
  };
}

function valueOf4(address: string): bigint {
  return address.split(".").reduce((value, part) => (value << 8n) | BigInt(part), 0n);
}

function valueOf6(address: string): bigint {
  const [head = "", tail] = address.split("::");
  const left = groups(head);
  const right = groups(tail ?? "");
  const zeros = tail === undefined ? 0 : 8 - left.length - right.length;
  return [...left, ...Array.from({ length: zeros }, () => "0"), ...right].reduce(
    (value, group) => (value << 16n) | BigInt(`0x${group}`),
    0n,
  );
}

function groups(text: string): string[] {
  return text === "" ? [] : text.split(":");
}
