import { readFile } from "node:fs/promises";
import { HOST_CALLS } from "@sluice/host";
import { describe, expect, it } from "vitest";

const DECLARATION = /@external\("(\w+)", "(\w+)"\)\nexport declare function (\w+)\(([^)]*)\): i32;/g;

/** How many values each host call takes, from the specification of ABI 0.2.1. */
const PARAMETERS: Readonly<Record<string, number>> = {
  proxy_log: 3,
  proxy_get_log_level: 1,
  proxy_get_current_time_nanoseconds: 1,
  proxy_set_tick_period_milliseconds: 1,
  proxy_get_buffer_bytes: 5,
  proxy_set_buffer_bytes: 5,
  proxy_get_buffer_status: 3,
  proxy_get_header_map_size: 2,
  proxy_get_header_map_pairs: 3,
  proxy_set_header_map_pairs: 3,
  proxy_get_header_map_value: 5,
  proxy_add_header_map_value: 5,
  proxy_replace_header_map_value: 5,
  proxy_remove_header_map_value: 3,
  proxy_continue_stream: 1,
  proxy_close_stream: 1,
  proxy_get_status: 3,
  proxy_send_local_response: 8,
  proxy_http_call: 10,
  proxy_grpc_call: 12,
  proxy_grpc_stream: 9,
  proxy_grpc_send: 4,
  proxy_grpc_cancel: 1,
  proxy_grpc_close: 1,
  proxy_get_shared_data: 5,
  proxy_set_shared_data: 5,
  proxy_register_shared_queue: 3,
  proxy_resolve_shared_queue: 5,
  proxy_enqueue_shared_queue: 3,
  proxy_dequeue_shared_queue: 3,
  proxy_define_metric: 4,
  proxy_increment_metric: 2,
  proxy_record_metric: 2,
  proxy_get_metric: 2,
  proxy_get_property: 4,
  proxy_set_property: 4,
  proxy_call_foreign_function: 6,
  proxy_set_effective_context: 1,
  proxy_done: 0,
};

const source = await readFile(new URL("../abi/imports.ts", import.meta.url), "utf8");
const declared = [...source.matchAll(DECLARATION)].map(([, from, name, declaredAs, list = ""]) => ({
  from,
  name: name ?? "",
  declaredAs,
  parameters: list.split(",").filter((parameter) => parameter.trim() !== "").length,
}));

describe("the raw ABI", () => {
  it("declares every host call of 0.2.1 once, with its parameters", () => {
    expect(Object.fromEntries(declared.map(({ name, parameters }) => [name, parameters]))).toEqual(PARAMETERS);
    expect(declared).toHaveLength(Object.keys(PARAMETERS).length);
    expect(declared.filter(({ from, name, declaredAs }) => from !== "env" || name !== declaredAs)).toEqual([]);
  });

  it("declares what the build's check of modules knows", () => {
    expect(declared.map(({ name }) => name).toSorted()).toEqual([...HOST_CALLS].toSorted());
  });
});
