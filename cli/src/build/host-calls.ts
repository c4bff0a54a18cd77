import { HOST_CALLS as NAMES, WASI_MODULES as MODULES } from "@sluice/host";

/** What Envoy registers for a module of ABI 0.2.1, in the import module `env`. */
export const HOST_CALLS: ReadonlySet<string> = new Set<string>(NAMES);

/** Those of the WASI calls that Envoy registers which do something there; the others only fail. */
export const WASI_CALLS: ReadonlySet<string> = new Set([
  "fd_write",
  "clock_time_get",
  "random_get",
  "environ_get",
  "environ_sizes_get",
  "args_get",
  "args_sizes_get",
  "proc_exit",
  "fd_read",
  "fd_seek",
  "fd_close",
  "fd_fdstat_get",
  "fd_fdstat_set_flags",
  "fd_prestat_get",
  "fd_prestat_dir_name",
  "path_open",
  "path_filestat_get",
  "poll_oneoff",
  "sched_yield",
]);

export const WASI_MODULES: ReadonlySet<string> = new Set(MODULES);
