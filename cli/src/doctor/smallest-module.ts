/** The smallest module that Envoy takes for a proxy-wasm filter: a marker, an allocator and a memory, and no callback. */
export function smallestModule(): Uint8Array {
  const types = [0x60, 0, 0, 0x60, 1, I32, 1, I32];
  const exports = [
    ...exported("memory", MEMORY, 0),
    ...exported("proxy_abi_version_0_2_1", FUNCTION, 0),
    ...exported("malloc", FUNCTION, 1),
  ];
  const nothing = [2, 0, END];
  const giveZero = [4, 0, I32_CONST, 0, END];
  return Uint8Array.from([
    ...MAGIC_AND_VERSION,
    ...section(1, 2, types),
    ...section(3, 2, [0, 1]),
    ...section(5, 1, [0, 1]),
    ...section(7, 3, exports),
    ...section(10, 2, [...nothing, ...giveZero]),
  ]);
}

const MAGIC_AND_VERSION = [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0];
const I32 = 0x7f;
const I32_CONST = 0x41;
const END = 0x0b;
const FUNCTION = 0;
const MEMORY = 2;

/** Every size here is below 128, which is one byte of LEB128. */
function section(id: number, count: number, contents: readonly number[]): number[] {
  return [id, contents.length + 1, count, ...contents];
}

function exported(name: string, kind: number, index: number): number[] {
  return [name.length, ...Buffer.from(name), kind, index];
}
