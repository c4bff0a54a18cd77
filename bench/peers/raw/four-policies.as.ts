// The host calls of our four policies for one request, by hand on the bare ABI, with nothing done about their results:
// what no code of ours can be cheaper than.
import {
  proxy_define_metric,
  proxy_get_header_map_pairs,
  proxy_get_property,
  proxy_increment_metric,
  proxy_record_metric,
  proxy_replace_header_map_value,
} from "proxy-wasm-assemblyscript-sdk/abi/imports";
import { monotonicNanoseconds } from "../../../filters/shell/monotonic-clock";

export function proxy_abi_version_0_2_1(): void {}

/** Where the host puts results; each callback uses it from its start. */
const SCRATCH: usize = memory.data(32 * 1024, 16);
let used: usize = 0;

export function malloc(size: usize): usize {
  const at = SCRATCH + used;
  used += (size + 7) & ~7;
  return at;
}

/** A host call writes the address and the length of its result here. */
const RESULT: usize = memory.data(8, 8);

const ROUTE = String.UTF8.encode("xds\0route_metadata\0filter_metadata\0sluice\0policies");
const DESTINATION = String.UTF8.encode("xds\0upstream_host_metadata\0filter_metadata\0sluice\0destination");
const CLUSTER = String.UTF8.encode("xds\0cluster_name");
const CODE = String.UTF8.encode("response\0code");
const FLAGS = String.UTF8.encode("response\0flags");
const REQUEST_NAME = String.UTF8.encode("x-bench-request");
const RESPONSE_NAME = String.UTF8.encode("x-bench-response");
const ONE = String.UTF8.encode("1");
const COUNTER = String.UTF8.encode("bench_counter");
const HISTOGRAM = String.UTF8.encode("bench_histogram");

let counter: u32 = 0;
let histogram: u32 = 0;
let startedAt: u64 = 0;

export function proxy_on_configure(_id: u32, _size: u32): u32 {
  counter = define(0, COUNTER);
  histogram = define(2, HISTOGRAM);
  return 1;
}

export function proxy_on_context_create(_id: u32, _parent: u32): void {}

export function proxy_on_request_headers(_id: u32, _count: u32, _endOfStream: u32): u32 {
  used = 0;
  proxy_get_header_map_pairs(0, RESULT, RESULT + 4);
  startedAt = monotonicNanoseconds();
  read(ROUTE);
  set(0, REQUEST_NAME);
  return 0;
}

export function proxy_on_response_headers(_id: u32, _count: u32, _endOfStream: u32): u32 {
  set(2, RESPONSE_NAME);
  return 0;
}

export function proxy_on_response_body(_id: u32, _size: u32, _endOfStream: u32): u32 {
  return 0;
}

export function proxy_on_delete(id: u32): void {
  used = 0;
  read(DESTINATION);
  read(FLAGS);
  read(CLUSTER);
  read(CODE);
  proxy_increment_metric(counter, 1);
  proxy_record_metric(histogram, (monotonicNanoseconds() - startedAt) / 1_000_000);
  proxy_record_metric(histogram, id);
  proxy_record_metric(histogram, id);
}

function read(path: ArrayBuffer): void {
  proxy_get_property(changetype<usize>(path), path.byteLength, RESULT, RESULT + 4);
}

function set(map: u32, name: ArrayBuffer): void {
  proxy_replace_header_map_value(map, changetype<usize>(name), name.byteLength, changetype<usize>(ONE), ONE.byteLength);
}

function define(type: u32, name: ArrayBuffer): u32 {
  proxy_define_metric(type, changetype<usize>(name), name.byteLength, RESULT);
  return load<u32>(RESULT);
}
