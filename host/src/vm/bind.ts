import { Status } from "../abi/numbers.ts";
import type { HostCall, Param, Value } from "../core/host-call.ts";
import type { VmState } from "../core/vm-state.ts";
import type { Memory } from "./memory.ts";
import type { Tools } from "./tools.ts";

/** What a bound call needs of the instance, which exists only after its imports do. */
export interface Instance {
  readonly memory: Memory;
  /** The module's allocator; 0 or undefined when it gives nothing. */
  allocate(size: number): number | undefined;
  /** Lets the callback under way pay for bytes that a host call moves. */
  charge(bytes: number): void;
}

/** Where an instance will be; empty while the module's start section runs. */
export interface InstanceSlot {
  instance: Instance | undefined;
  readonly tools: Pick<Tools, "observer">;
}

/** A raw import: numbers in, a status out. */
export type Import = (...raw: (number | bigint)[]) => number;

/** What Envoy lets a module call while it initialises, and the fewer while its allocator runs. Any other loses the VM. */
const ALLOWED: Readonly<Record<"initialize" | "allocate", readonly string[]>> = {
  initialize: ["proxy_log"],
  allocate: ["proxy_log"],
};

/** Up to this many, the price of a host call is the price of its bytes as well. */
const FREE_BYTES = 4096;

const NO_VALUES: readonly Value[] = [];

/** Makes an import of a host call: reads the arguments from memory, runs it, writes the results. */
export function bindCall(name: string, call: HostCall, vm: VmState, slot: InstanceSlot): Import {
  const inputs = call.params.reduce((count, param) => count + (param === "bytes" ? 2 : 1), 0);
  return (...raw) => {
    const instance = enter(name, vm, slot);
    const args = refused(name, vm) ?? readArgs(call.params, raw, instance);
    if (typeof args === "number") {
      slot.tools.observer?.hostCall(vm, name, NO_VALUES, args, NO_VALUES);
      return args;
    }
    const outcome = call.run(vm, args);
    const results = typeof outcome === "number" ? NO_VALUES : "status" in outcome ? outcome.results : outcome;
    const written = results.length === 0 ? Status.Ok : writeResults(call, results, { raw, from: inputs }, vm, instance);
    const answered = typeof outcome === "number" ? outcome : "status" in outcome ? outcome.status : Status.Ok;
    const status = written === Status.Ok ? answered : written;
    slot.tools.observer?.hostCall(vm, name, args, status, results);
    return status;
  };
}

/** Why a call is not made at all: the plugin may not, or the test says that it fails. */
function refused(name: string, vm: VmState): Status | undefined {
  if (vm.allowedCapabilities !== undefined && !vm.allowedCapabilities.includes(name)) {
    vm.explain(`${name} is not among the allowed capabilities: InternalFailure (10)`);
    return Status.InternalFailure;
  }
  const fault = vm.world.faults.meet(name);
  return fault === undefined ? undefined : (fault.status ?? Status.InternalFailure);
}

function enter(name: string, vm: VmState, slot: InstanceSlot): Instance {
  if (slot.instance === undefined) {
    vm.misuse("start-section", `${name} in the module's start section`);
    throw new Error(
      `${name} in the module's start section, where Envoy may crash: build with --exportStart _initialize`,
    );
  }
  if (vm.restriction !== "none" && !ALLOWED[vm.restriction].includes(name)) {
    if (vm.restriction === "initialize") vm.misuse("before-start", `${name} before the VM's start`);
    throw new Error(
      `${name} may not be called ${vm.restriction === "initialize" ? "before the VM's start" : "in malloc"}`,
    );
  }
  return slot.instance;
}

function readArgs(
  params: readonly Param[],
  raw: readonly (number | bigint)[],
  instance: Instance,
): readonly Value[] | Status {
  const args: Value[] = [];
  let used = 0;
  for (const param of params) {
    const value = raw[used++] ?? 0;
    if (param === "bytes") {
      const bytes = instance.memory.read(Number(value) >>> 0, Number(raw[used++] ?? 0) >>> 0);
      if (bytes === undefined) return Status.InvalidMemoryAccess;
      if (bytes.length > FREE_BYTES) instance.charge(bytes.length);
      args.push(bytes);
    } else if (param === "i64") args.push(BigInt(value));
    else args.push(param === "u32" ? Number(value) >>> 0 : Number(value) | 0);
  }
  return args;
}

function writeResults(
  call: HostCall,
  values: readonly Value[],
  pointers: { readonly raw: readonly (number | bigint)[]; readonly from: number },
  vm: VmState,
  instance: Instance,
): Status {
  let used = pointers.from;
  const next = (): number => Number(pointers.raw[used++] ?? 0) >>> 0;
  for (let index = 0; index < call.results.length; index++) {
    const value = values[index] ?? 0;
    const target = next();
    let written: boolean;
    if (value instanceof Uint8Array) written = writeBytes(value, target, next(), vm, instance);
    else if (call.results[index] === "u64")
      written = instance.memory.writeU64(target, BigInt.asUintN(64, BigInt(value)));
    else written = instance.memory.writeU32(target, Number(value));
    if (!written) return Status.InvalidMemoryAccess;
  }
  return Status.Ok;
}

/** In memory that the module allocates; no bytes are pointer 0 and length 0, without an allocation. */
function writeBytes(bytes: Uint8Array, pointerAt: number, lengthAt: number, vm: VmState, instance: Instance): boolean {
  let pointer = 0;
  if (bytes.length > 0) {
    if (bytes.length > FREE_BYTES) instance.charge(bytes.length);
    const before = vm.restriction;
    vm.restriction = "allocate";
    pointer = vm.world.faults.meet("malloc") === undefined ? (instance.allocate(bytes.length) ?? 0) : 0;
    vm.restriction = before;
    if (pointer === 0 || !instance.memory.write(pointer, bytes)) return false;
  }
  return instance.memory.writeU32(pointerAt, pointer) && instance.memory.writeU32(lengthAt, bytes.length);
}
