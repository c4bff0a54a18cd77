import { toBytes, toText } from "../abi/bytes.ts";
import { LogLevel } from "../abi/numbers.ts";
import type { VmState } from "../core/vm-state.ts";
import type { Import, InstanceSlot } from "./bind.ts";

const SUCCESS = 0;
const BADF = 8;
const FAULT = 21;
const NOSYS = 52;
const NOTSUP = 58;
/** What a restricted plugin may not do. */
const NOTCAPABLE = 76;
/** The last clock that there is: 0 is the time of day, 1 the monotonic one. */
const MONOTONIC = 1;

/** Functions of WASI preview 1 that Envoy links as well, and that do nothing in a proxy. */
export const INERT_WASI: readonly string[] = `
  clock_res_get fd_advise fd_allocate fd_close fd_datasync fd_fdstat_get fd_fdstat_set_flags
  fd_fdstat_set_rights fd_filestat_get fd_filestat_set_size fd_filestat_set_times fd_pread fd_prestat_get
  fd_prestat_dir_name fd_pwrite fd_read fd_readdir fd_renumber fd_seek fd_sync fd_tell path_create_directory
  path_filestat_get path_filestat_set_times path_link path_open path_readlink path_remove_directory path_rename
  path_symlink path_unlink_file poll_oneoff proc_raise sched_yield sock_accept sock_recv sock_send sock_shutdown
`
  .trim()
  .split(/\s+/);

/** What a module may import of WASI: a log, a clock, randomness, an empty environment, and names that only link. */
export function wasiImports(vm: VmState, slot: InstanceSlot): Readonly<Record<string, Import>> {
  const inert = INERT_WASI.map((name): [string, Import] => [name, () => (name.startsWith("fd_") ? BADF : NOSYS)]);
  const all: Readonly<Record<string, Import>> = {
    ...Object.fromEntries(inert),
    sched_yield: () => SUCCESS,
    // Nothing is waited for, and nothing has happened.
    poll_oneoff: (_subscriptions, _events, _count, happenedAt) =>
      fault(slot.instance?.memory.writeU32(pointer(happenedAt), 0)),
    fd_write: (fd, iovs, count, writtenAt) => fdWrite(vm, slot, Number(fd), [iovs, count, writtenAt]),
    fd_fdstat_get: (fd, at) => fdStat(slot, Number(fd), pointer(at)),
    clock_time_get: (id, _precision, at) =>
      pointer(id) > MONOTONIC ? NOTSUP : fault(slot.instance?.memory.writeU64(pointer(at), vm.world.now())),
    random_get: (at, length) => {
      const bytes = new Uint8Array(Math.min(pointer(length), 0x10000));
      vm.world.random(bytes);
      return fault(slot.instance?.memory.write(pointer(at), bytes));
    },
    environ_sizes_get: (countAt, sizeAt) => {
      const entries = environment(vm);
      return writeBoth(slot, [countAt, entries.length], [sizeAt, entries.reduce((sum, { length }) => sum + length, 0)]);
    },
    args_sizes_get: (countAt, sizeAt) => writeBoth(slot, [countAt, 0], [sizeAt, 0]),
    environ_get: (pointersAt, bytesAt) => writeEnvironment(vm, slot, pointer(pointersAt), pointer(bytesAt)),
    args_get: () => SUCCESS,
    proc_exit: (code) => {
      if (vm.restriction !== "none") throw new Error("proc_exit may not be called before the VM's start");
      vm.explain(`proc_exit(${String(code)}) does nothing in Envoy: the module goes on`);
      return SUCCESS;
    },
  };
  const allowed = vm.allowedCapabilities;
  if (allowed === undefined) return all;
  return Object.fromEntries(
    Object.entries(all).map(([name, run]) => [name, allowed.includes(name) ? run : () => NOTCAPABLE]),
  );
}

/** Standard output and error are character devices that can be written. */
function fdStat(slot: InstanceSlot, fd: number, at: number): number {
  if (fd !== 1 && fd !== 2) return BADF;
  const memory = slot.instance?.memory;
  const stat = new Uint8Array(24);
  stat[0] = 2;
  stat[8] = 64;
  return fault(memory?.write(at, stat));
}

/** Standard output is logged as info, standard error as an error. */
function fdWrite(vm: VmState, slot: InstanceSlot, fd: number, args: readonly (number | bigint | undefined)[]): number {
  const memory = slot.instance?.memory;
  if (fd !== 1 && fd !== 2) return BADF;
  if (memory === undefined) return FAULT;
  const [iovs, count, writtenAt] = args.map(pointer);
  let text = "";
  let written = 0;
  for (let index = 0; index < (count ?? 0); index++) {
    const at = memory.readU32((iovs ?? 0) + index * 8);
    const length = memory.readU32((iovs ?? 0) + index * 8 + 4);
    const bytes = at === undefined || length === undefined ? undefined : memory.read(at, length);
    if (bytes === undefined) return FAULT;
    text += toText(bytes);
    written += bytes.length;
  }
  vm.log(fd === 1 ? LogLevel.Info : LogLevel.Error, "module", text.replace(/\n$/, ""));
  return fault(memory.writeU32(writtenAt ?? 0, written));
}

/** Each variable as `NAME=value` and a NUL. */
function environment(vm: VmState): readonly Uint8Array[] {
  return Object.entries(vm.environment).map(([name, value]) => toBytes(`${name}=${value}\0`));
}

function writeEnvironment(vm: VmState, slot: InstanceSlot, pointersAt: number, bytesAt: number): number {
  const memory = slot.instance?.memory;
  let at = bytesAt;
  for (const [index, entry] of environment(vm).entries()) {
    if (memory?.writeU32(pointersAt + index * 4, at) !== true || !memory.write(at, entry)) return FAULT;
    at += entry.length;
  }
  return SUCCESS;
}

type Written = readonly [at: number | bigint | undefined, value: number];

function writeBoth(slot: InstanceSlot, first: Written, second: Written): number {
  const memory = slot.instance?.memory;
  return fault([first, second].every(([at, value]) => memory?.writeU32(pointer(at), value) === true));
}

function fault(written: boolean | undefined): number {
  return written === true ? SUCCESS : FAULT;
}

function pointer(raw: number | bigint | undefined): number {
  return Number(raw ?? 0) >>> 0;
}
