import { expect, test } from "vitest";
import { assemble } from "../fixtures/assemble.ts";
import "../testing/index.ts";
import { createHost } from "./host.ts";
import { isPoisoned } from "./poison.ts";

/** Keeps a view of a header's value, and logs it in a later callback. */
const KEEPS = `
  let at2: usize = 0, length: i32 = 0;
  export function proxy_on_request_headers(id: i32, n: i32, eos: i32): i32 {
    const k = utf8("x-user");
    hostGet(0, at(k), k.byteLength, OUT, OUT + 4);
    at2 = load<usize>(OUT); length = load<i32>(OUT + 4);
    hostLog(2, at2, length);
    return 0;
  }
  export function proxy_on_response_headers(id: i32, n: i32, eos: i32): i32 { hostLog(2, at2, length); return 0; }
`;

test.each([true, false])("a result that is kept past its callback, with poison: %s", async (poison) => {
  const host = createHost({ poison });
  const stream = host.load(await assemble(KEEPS)).stream({ requestHeaders: [["x-user", "jason"]] });
  stream.requestHeaders();
  expect(host).not.toHaveMisuse();
  stream.responseHeaders([[":status", "200"]]);
  const said = host.logs.filter(({ source }) => source === "module").map(({ message }) => message);
  expect(said).toEqual(["jason", poison ? "\u{FFFD}".repeat(5) : "jason"]);
  if (poison) expect(host).toHaveMisuse("result-kept", "proxy_log in proxy_on_response_headers");
  else expect(host).not.toHaveMisuse();
});

test.each<[readonly number[], boolean]>([
  [[], false],
  [[0xfd], true],
  [[0xfd, 0xfd, 0xfd], true],
  [[0xfd, 0xfd, 0xfd, 0x61], false],
  [[0x61, 0xfd, 0xfd, 0xfd, 0xfd], true],
  [[0xfd, 0xfd, 0x61, 0xfd, 0xfd], false],
])("%j is poison: %s", (bytes, poisoned) => {
  expect(isPoisoned(Uint8Array.from(bytes))).toBe(poisoned);
});
