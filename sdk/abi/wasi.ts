// The one WASI call that the SDK uses: Envoy has no random number in the proxy-wasm ABI itself.

@external("wasi_snapshot_preview1", "random_get")
export declare function random_get(buffer: usize, length: usize): i32;
