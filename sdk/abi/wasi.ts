// The WASI calls that the SDK uses, because the proxy-wasm ABI has none for it: random numbers, a clock that nobody sets,
// and the VM's environment variables. They answer an errno, 0 for success.

@external("wasi_snapshot_preview1", "random_get")
export declare function random_get(buffer: usize, length: usize): i32;

/** Of `clock_time_get`: a clock that nobody sets. */
export const MONOTONIC_CLOCK: i32 = 1;

@external("wasi_snapshot_preview1", "clock_time_get")
export declare function clock_time_get(clock: i32, precision: u64, time: usize): i32;

@external("wasi_snapshot_preview1", "environ_sizes_get")
export declare function environ_sizes_get(count: usize, size: usize): i32;

@external("wasi_snapshot_preview1", "environ_get")
export declare function environ_get(entries: usize, text: usize): i32;
