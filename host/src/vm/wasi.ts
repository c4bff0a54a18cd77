import { toText } from "../abi/bytes.ts";
import { LogLevel } from "../abi/numbers.ts";
import type { VmState } from "../core/vm-state.ts";
import type { Import, InstanceSlot } from "./bind.ts";

const SUCCESS = 0;
const BADF = 8;
const FAULT = 21;
const NOSYS = 52;

/** Functions of WASI preview 1 that Envoy links as well, and that do nothing in a proxy. */
const INERT: readonly string[] = `
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
  const inert = INERT.map((name): [string, Import] => [name, () => (name.startsWith("fd_") ? BADF : NOSYS)]);
  return {
    ...Object.fromEntries(inert),
    sched_yield: () => SUCCESS,
    fd_write: (fd, iovs, count, writtenAt) => fdWrite(vm, slot, Number(fd), [iovs, count, writtenAt]),
    clock_time_get: (_id, _precision, at) => fault(slot.instance?.memory.writeU64(pointer(at), vm.world.now())),
    random_get: (at, length) => {
      const bytes = new Uint8Array(Math.min(pointer(length), 0x10000));
      vm.world.random(bytes);
      return fault(slot.instance?.memory.write(pointer(at), bytes));
    },
    environ_sizes_get: (countAt, sizeAt) => zeroBoth(slot, countAt, sizeAt),
    args_sizes_get: (countAt, sizeAt) => zeroBoth(slot, countAt, sizeAt),
    environ_get: () => SUCCESS,
    args_get: () => SUCCESS,
    proc_exit: (code) => {
      throw new Error(`proc_exit(${String(code)})`);
    },
  };
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
  vm.log(fd === 1 ? LogLevel.Info : LogLevel.Error, "module", text.trimEnd());
  return fault(memory.writeU32(writtenAt ?? 0, written));
}

function zeroBoth(slot: InstanceSlot, first: number | bigint | undefined, second: number | bigint | undefined): number {
  const memory = slot.instance?.memory;
  return fault(memory?.writeU32(pointer(first), 0) === true && memory.writeU32(pointer(second), 0));
}

function fault(written: boolean | undefined): number {
  return written === true ? SUCCESS : FAULT;
}

function pointer(raw: number | bigint | undefined): number {
  return Number(raw ?? 0) >>> 0;
}
