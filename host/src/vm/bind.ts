import { LogLevel, Status } from "../abi/numbers.ts";
import type { HostCall, Param, Value } from "../core/host-call.ts";
import type { VmState } from "../core/vm-state.ts";
import type { Memory } from "./memory.ts";

/** What a bound call needs of the instance, which exists only after its imports do. */
export interface Instance {
  readonly memory: Memory;
  /** The module's allocator; 0 or undefined when it gives nothing. */
  allocate(size: number): number | undefined;
}

/** Where an instance will be; empty while the module's start section runs. */
export interface InstanceSlot {
  instance: Instance | undefined;
}

/** A raw import: numbers in, a status out. */
export type Import = (...raw: (number | bigint)[]) => number;

/** What Envoy lets a module call while it initialises, and the fewer while its allocator runs. Any other loses the VM. */
const ALLOWED: Readonly<Record<"initialize" | "allocate", readonly string[]>> = {
  initialize: ["proxy_log"],
  allocate: ["proxy_log"],
};

/** Makes an import of a host call: reads the arguments from memory, runs it, writes the results. */
export function bindCall(name: string, call: HostCall, vm: VmState, slot: InstanceSlot): Import {
  return (...raw) => {
    const instance = enter(name, vm, slot);
    const inputs = readArgs(call.params, raw, instance.memory);
    if (inputs === undefined) return Status.InvalidMemoryAccess;
    const outcome = call.run(vm, inputs.args);
    return typeof outcome === "number" ? outcome : writeResults(call, outcome, raw.slice(inputs.used), vm, instance);
  };
}

/** The import for a call of the ABI that the host does not have yet: it says so each time, and answers Unimplemented. */
export function bindMissing(name: string, vm: VmState, slot: InstanceSlot): Import {
  return () => {
    enter(name, vm, slot);
    vm.log(LogLevel.Error, "host", `${name} is not supported by this host: it answers Unimplemented (12)`);
    return Status.Unimplemented;
  };
}

function enter(name: string, vm: VmState, slot: InstanceSlot): Instance {
  if (slot.instance === undefined) {
    throw new Error(
      `${name} in the module's start section, where Envoy may crash: build with --exportStart _initialize`,
    );
  }
  if (vm.restriction !== "none" && !ALLOWED[vm.restriction].includes(name)) {
    throw new Error(
      `${name} may not be called ${vm.restriction === "initialize" ? "before the VM's start" : "in malloc"}`,
    );
  }
  return slot.instance;
}

function readArgs(
  params: readonly Param[],
  raw: readonly (number | bigint)[],
  memory: Memory,
): { args: Value[]; used: number } | undefined {
  const args: Value[] = [];
  let used = 0;
  for (const param of params) {
    const value = raw[used++] ?? 0;
    if (param === "bytes") {
      const bytes = memory.read(Number(value) >>> 0, Number(raw[used++] ?? 0) >>> 0);
      if (bytes === undefined) return undefined;
      args.push(bytes);
    } else if (param === "i64") args.push(BigInt(value));
    else args.push(param === "u32" ? Number(value) >>> 0 : Number(value) | 0);
  }
  return { args, used };
}

function writeResults(
  call: HostCall,
  values: readonly Value[],
  raw: readonly (number | bigint)[],
  vm: VmState,
  instance: Instance,
): Status {
  const pointers = raw.map((pointer) => Number(pointer) >>> 0);
  let used = 0;
  for (const [index, kind] of call.results.entries()) {
    const value = values[index] ?? 0;
    const target = pointers[used++] ?? 0;
    let written: boolean;
    if (value instanceof Uint8Array) written = writeBytes(value, target, pointers[used++] ?? 0, vm, instance);
    else if (kind === "u64") written = instance.memory.writeU64(target, BigInt.asUintN(64, BigInt(value)));
    else written = instance.memory.writeU32(target, Number(value));
    if (!written) return Status.InvalidMemoryAccess;
  }
  return Status.Ok;
}

/** In memory that the module allocates; no bytes are pointer 0 and length 0, without an allocation. */
function writeBytes(bytes: Uint8Array, pointerAt: number, lengthAt: number, vm: VmState, instance: Instance): boolean {
  let pointer = 0;
  if (bytes.length > 0) {
    const before = vm.restriction;
    vm.restriction = "allocate";
    pointer = instance.allocate(bytes.length) ?? 0;
    vm.restriction = before;
    if (pointer === 0 || !instance.memory.write(pointer, bytes)) return false;
  }
  return instance.memory.writeU32(pointerAt, pointer) && instance.memory.writeU32(lengthAt, bytes.length);
}
