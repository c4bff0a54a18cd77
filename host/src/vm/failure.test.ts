import { generateKeyPairSync, sign } from "node:crypto";
import { describe, expect, test } from "vitest";
import { bytesField, readProto, writeProto } from "../abi/protobuf.ts";
import { VmState } from "../core/vm-state.ts";
import { HostError } from "../error.ts";
import { assemble } from "../fixtures/assemble.ts";
import { envoyFunctions } from "./foreign.ts";
import { createHost } from "./host.ts";

const TRAPPING = `
  let count: i32 = 0;
  export function proxy_on_request_headers(id: i32, n: i32, eos: i32): i32 { if (header(0, "x-trap") == "1") unreachable(); count++; say(count.toString()); return 0; }
`;
const request = (trap: string) =>
  ({
    requestHeaders: [
      [":method", "GET"],
      ["x-trap", trap],
    ],
  }) as const;

test("reload makes a new VM once the back-off is over, and is closed until then", async () => {
  const host = createHost();
  const plugin = host.load(await assemble(TRAPPING), { failurePolicy: "reload", reloadBackoffMs: 500 });
  plugin.stream(request("0")).requestHeaders();
  plugin.stream(request("1")).requestHeaders();
  expect(plugin.trap?.message).toBe("unreachable");
  host.advance(499);
  expect(plugin.stream(request("0")).requestHeaders().localReply?.status).toBe(503);
  host.advance(1);
  expect(plugin.stream(request("0")).requestHeaders()).toEqual({ action: "continue", returned: 0 });
  expect(host.logs.map((record) => record.message)).toEqual(["1", "1"]);
});

test("plugins that share a VM are lost together", async () => {
  const host = createHost();
  const wasm = await assemble(TRAPPING);
  const [one, other] = [host.load(wasm), host.load(wasm)];
  one.stream(request("1")).requestHeaders();
  expect(other.stream(request("0")).requestHeaders().localReply?.status).toBe(503);
});

test("done: a root context that is not done yet ends by proxy_done", async () => {
  const host = createHost();
  const plugin = host.load(
    await assemble(`
      export function proxy_on_done(id: i32): i32 { hostTick(0); const n = utf8("q"); hostRegister(at(n), 1, OUT); hostEnqueue(load<i32>(OUT), at(n), 1); return 0; }
      export function proxy_on_queue_ready(id: i32, q: i32): void { say("done " + hostDone().toString() + " " + hostDone().toString()); }
      export function proxy_on_delete(id: i32): void { say("delete"); }
    `),
  );
  plugin.close();
  expect(host.logs).toEqual([]);
  host.settle();
  expect(host.logs.map((record) => record.message)).toEqual(["done 0 1", "delete"]);
});

const header = [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0];
const name = (text: string): number[] => [text.length, ...new TextEncoder().encode(text)];
const section = (id: number, content: number[]): number[] => [id, content.length, ...content];
/** A module with one function of no parameters, exported under these names, and a memory of so many pages. */
function tiny(exports: readonly string[], pages: readonly number[], body: readonly number[] = [0, 0x0b]): number[] {
  const list = exports.flatMap((text) => [...name(text), 0, 0]);
  return [
    ...header,
    ...section(1, [1, 0x60, 0, 0]),
    ...section(3, [1, 0]),
    ...section(5, [1, 0, ...pages]),
    ...section(7, [exports.length + 1, ...list, ...name("memory"), 2, 0]),
    ...section(10, [1, body.length, ...body]),
  ];
}

describe("modules that no host takes are an error", () => {
  test.each<[string, readonly number[], RegExp]>([
    ["no bytes", [], /no WebAssembly module/],
    ["text", [...new TextEncoder().encode("<html>")], /no WebAssembly module/],
    ["a component", [0, 0x61, 0x73, 0x6d, 0x0d, 0, 1, 0], /no WebAssembly module/],
    ["a module cut short", tiny(["proxy_abi_version_0_2_1"], [1]).slice(0, 40), /no WebAssembly module/],
    ["a section longer than the module", [...header, 1, 0xff, 0xff, 0xff, 0xff, 0x0f], /no WebAssembly module/],
    ["no ABI version", tiny(["other"], [1]), /exports no proxy_abi_version/],
    ["an unknown ABI version", tiny(["proxy_abi_version_9_9_9"], [1]), /ABI 9\.9\.9 is not supported/],
    ["more memory than a VM may have", tiny(["proxy_abi_version_0_2_1"], [0x81, 0x80, 0x01]), /1024\.0625 MiB/],
    ["all the memory there is", tiny(["proxy_abi_version_0_2_1"], [0x80, 0x80, 0x04]), /4096 MiB/],
    [
      "a trap in _initialize",
      tiny(["proxy_abi_version_0_2_1", "_initialize"], [1], [0, 0, 0x0b]),
      /_initialize trapped/,
    ],
    [
      "endless recursion in _start",
      tiny(["proxy_abi_version_0_2_1", "_start"], [1], [0, 0x10, 0, 0x0b]),
      /_start trapped in .*call stack/,
    ],
  ])("%s", (_, bytes, message) => {
    const load = (): unknown => createHost().load(Uint8Array.from(bytes));
    expect(load).toThrow(HostError);
    expect(load).toThrow(message);
  });

  test("a small module loads", () => {
    expect(createHost().load(Uint8Array.from(tiny(["proxy_abi_version_0_2_1"], [1]))).problem).toBeUndefined();
  });

  test("every cut and every changed byte of a module is an error or a plugin", async () => {
    const wasm = await assemble(TRAPPING);
    for (let length = 0; length < wasm.length; length += 17) tryLoad(wasm.slice(0, length));
    for (let at = 0; at < 600; at += 7) {
      const changed = wasm.slice();
      changed[at] = (changed[at] ?? 0) ^ 0x55;
      tryLoad(changed);
    }
  });
});

function tryLoad(bytes: Uint8Array<ArrayBuffer>): void {
  try {
    createHost().load(bytes);
  } catch (error) {
    expect(error).toBeInstanceOf(HostError);
  }
}

test("modules of ABI 0.1.0 find their own calls, and an empty value for a missing header", async () => {
  const host = createHost();
  const wasm = await assemble(
    `
      @external("env", "proxy_get_configuration") declare function hostConfiguration(v: usize, vn: usize): i32;
      @external("env", "proxy_continue_request") declare function hostContinueRequest(): i32;
      let stream: i32 = 0;
      export function proxy_on_configure(id: i32, n: i32): i32 { hostConfiguration(OUT, OUT + 4); say(taken()); hostTick(5); return 1; }
      export function proxy_on_request_headers(id: i32, n: i32): i32 { stream = id; say("[" + header(0, "x-none") + "]"); return 1; }
      export function proxy_on_tick(id: i32): void { hostEffective(stream); say(hostContinueRequest().toString()); hostTick(0); }
    `,
    "_initialize",
    "0_1_0",
  );
  const stream = host.load(wasm, { configuration: "old" }).stream();
  stream.requestHeaders();
  host.advance(5);
  expect(host.logs.map((record) => record.message)).toEqual(["old", "[]", "0"]);
  expect(stream.upstream.ended).toBe(true);
});

describe("Envoy's foreign functions", () => {
  const call = (fn: string, argument: Uint8Array): unknown =>
    envoyFunctions.get(fn)?.(argument, Object.create(VmState.prototype));
  const text = new TextEncoder().encode("text");

  test("verify_signature takes a right signature, and tells a wrong one", () => {
    const { publicKey, privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
    const der = publicKey.export({ type: "spki", format: "der" });
    const signature = sign("sha256", text, privateKey);
    const argument = (bytes: Uint8Array, hash = "sha256"): Uint8Array =>
      writeProto([
        [1, hash],
        [2, der],
        [3, bytes],
        [4, text],
      ]);
    expect(call("verify_signature", argument(signature))).toEqual(writeProto([[1, true]]));
    const wrong = readProto(call("verify_signature", argument(signature.subarray(1))) as Uint8Array);
    expect(new TextDecoder().decode(bytesField(wrong ?? [], 2))).toMatch(/Failed to verify/);
    expect(new TextDecoder().decode(call("verify_signature", argument(signature, "md9")) as Uint8Array)).toContain(
      "md9 is not supported",
    );
  });

  test("what sign makes, verify_signature takes", () => {
    const { publicKey, privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
    const pem = privateKey.export({ type: "pkcs8", format: "pem" });
    const signed =
      readProto(
        call(
          "sign",
          writeProto([
            [1, "sha256"],
            [3, text],
            [4, String(pem)],
          ]),
        ) as Uint8Array,
      ) ?? [];
    const publicPem = publicKey.export({ type: "spki", format: "pem" });
    const argument = writeProto([
      [1, "sha256"],
      [3, bytesField(signed, 2) ?? text],
      [4, text],
      [5, String(publicPem)],
    ]);
    expect(call("verify_signature", argument)).toEqual(writeProto([[1, true]]));
  });
});
