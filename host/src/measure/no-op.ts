import { ByteSink, u32, utf8Name } from "../instrument/byte-sink.ts";
import type { FunctionType, ValueType, WasmModule } from "../wasm/index.ts";

const VALUE_TYPES: Readonly<Partial<Record<ValueType, number>>> = { i32: 0x7f, i64: 0x7e, f32: 0x7d, f64: 0x7c };
const MAGIC = [0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00];
const END = 0x0b;
const I32_CONST = 0x41;

/** Callbacks by which a module says yes; every other callback answers 0, which means Continue where it means anything. */
const YES = new Set(["proxy_on_vm_start", "proxy_on_configure", "proxy_validate_configuration", "proxy_on_done"]);
const ALLOCATORS = new Set(["malloc", "proxy_on_memory_allocate"]);

/**
 * A module with the same callbacks as another one, none of which does anything: what it costs is the price of being called,
 * and what the other costs beyond that is its own work.
 */
export function noOpModule(like: WasmModule): Uint8Array {
  const functions = like.exports.flatMap(({ name, kind, index }) => {
    const type = like.functions.find((candidate) => candidate.index === index)?.type;
    const wanted = kind === "function" && (name.startsWith("proxy_") || ALLOCATORS.has(name));
    return wanted && type !== undefined ? [{ name, type }] : [];
  });
  const numbered = functions.map((entry, index) => ({ ...entry, index }));
  const sink = new ByteSink();
  const section = (id: number, items: readonly (readonly number[])[]): void => {
    const content = [...u32(items.length), ...items.flat()];
    sink.append([id, ...u32(content.length), ...content]);
  };
  sink.append(MAGIC);
  section(
    1,
    numbered.map(({ type }) => [0x60, ...typesOf(type.params), ...typesOf(type.results)]),
  );
  section(
    3,
    numbered.map(({ index }) => u32(index)),
  );
  section(5, [[0x00, 0x01]]);
  section(7, [
    [...utf8Name("memory"), 0x02, 0x00],
    ...numbered.map(({ name, index }) => [...utf8Name(name), 0x00, ...u32(index)]),
  ]);
  section(
    10,
    numbered.map(({ name, type }) => bodyOf(YES.has(name) ? 1 : 0, type)),
  );
  return sink.bytes().slice();
}

function typesOf(types: readonly ValueType[]): number[] {
  return [...u32(types.length), ...types.map((type) => VALUE_TYPES[type] ?? 0x7f)];
}

/** No locals; proxy-wasm's callbacks answer with one i32 or with nothing. */
function bodyOf(answer: number, { results }: FunctionType): number[] {
  const code = [0x00, ...(results.length === 0 ? [] : [I32_CONST, answer]), END];
  return [...u32(code.length), ...code];
}
