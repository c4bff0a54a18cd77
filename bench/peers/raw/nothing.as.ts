// A module that the host calls for both header lists and that does nothing: what being called costs.

export function proxy_abi_version_0_2_1(): void {}

export function malloc(_size: usize): usize {
  return 0;
}

export function proxy_on_request_headers(_id: u32, _count: u32, _endOfStream: u32): u32 {
  return 0;
}

export function proxy_on_response_headers(_id: u32, _count: u32, _endOfStream: u32): u32 {
  return 0;
}
