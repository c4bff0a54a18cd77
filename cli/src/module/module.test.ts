import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { HOST_CALLS } from "@sluice/host";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { smallestModule } from "../doctor/smallest-module.ts";
import { formatModule } from "../output/module-report.ts";
import { PLAIN } from "../output/style.ts";
import { groupByCapability } from "./capabilities.ts";
import { describeModule } from "./describe.ts";
import { readModuleFile } from "./read-file.ts";

describe("capabilities", () => {
  test("cover every host call of the ABI", () => {
    const groups = groupByCapability(HOST_CALLS.map((name) => `env.${name}`));
    expect(groups["other"]).toBe(undefined);
    expect(Object.values(groups).flat()).toHaveLength(HOST_CALLS.length);
  });

  test.each([
    ["env.proxy_http_call", "HTTP call-outs"],
    ["env.proxy_grpc_send", "gRPC call-outs"],
    ["env.proxy_send_local_response", "the stream's course"],
    ["wasi_snapshot_preview1.fd_write", "logs"],
    ["wasi_unstable.random_get", "randomness"],
    ["wasi_snapshot_preview1.proc_exit", "the system, as WASI has it"],
    ["env.abort", "other"],
  ])("%s is %s", (name, capability) => {
    expect(groupByCapability([name])).toEqual({ [capability]: [name] });
  });

  test("come in one order", () => {
    const names = ["env.proxy_log", "env.abort", "env.proxy_get_property", "env.proxy_get_buffer_bytes"];
    const order = ["bodies and data", "properties", "logs", "other"];
    expect(Object.keys(groupByCapability(names))).toEqual(order);
    expect(Object.keys(groupByCapability(names.toReversed()))).toEqual(order);
  });
});

describe("a description", () => {
  test("of the smallest module, for people", () => {
    const described = describeModule(smallestModule(), {
      functionNames: new Map([[1, "allocate"]]),
      madeBy: ["by hand"],
      sourceMap: "smallest.wasm.map",
    });
    expect(typeof described === "string" ? described : formatModule(described, PLAIN)).toMatchInlineSnapshot(`
      "size        87 B
      sha256      8a2ebafd56e565f73a796be8e8521ce5fed2b78fd4724eaa7565fdcfb4c58d56
      ABI         proxy-wasm 0.2.1
      made by     by hand
      memory      64 KiB at first, grows without a limit of its own
      source map  smallest.wasm.map

      May do
        nothing: it imports no host call

      Envoy calls
        and finds memory, proxy_abi_version_0_2_1, malloc

      Sections
        type      9 B
        function  3 B
        memory    3 B
        export    45 B
        code      9 B

      Functions
             4 B  allocate
             2 B  proxy_abi_version_0_2_1"
    `);
  });

  test("of no module is what is wrong", () => {
    expect(describeModule(new TextEncoder().encode("<html>"))).toMatch(/offset|magic|no WebAssembly|unexpected/i);
  });
});

describe("a file", () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), "sluice-module-"));
    await writeFile(path.join(folder, "a.wasm"), smallestModule());
  });
  afterAll(() => rm(folder, { recursive: true }));

  test("is read", async () => {
    expect(await readModuleFile(path.join(folder, "a.wasm"))).toEqual(smallestModule());
  });

  test.each([
    ["b.wasm", /cannot read .*b\.wasm: there is no such file\. If it is a filter of yours, run `sluice build` first/],
    [".", /cannot read .*: it is a folder/],
    ["index.ts", /is a source: `sluice build` makes a module of it/],
  ])("%s is refused", async (name, message) => {
    await expect(readModuleFile(path.join(folder, name))).rejects.toThrow(message);
  });
});
