import { assert, property, string } from "fast-check";
import { expect, test } from "vitest";
import { parseListeningSockets } from "./proc-net.ts";

const HEADING = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode";

test.each([
  [
    "IPv4",
    "   0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 123 1",
    8080,
    "123",
  ],
  [
    "IPv6",
    "   1: 00000000000000000000000001000000:0050 00000000000000000000000000000000:0000 0A 0:0 00:0 0 0 0 77 1 0 100",
    80,
    "77",
  ],
])("a listening socket of %s", (_, row, port, inode) => {
  expect(parseListeningSockets(`${HEADING}\n${row}\n`)).toEqual([{ port, inode }]);
});

test.each([
  ["established", "   0: 0100007F:1F90 0100007F:9999 01 00000000:00000000 00:00000000 00000000     0        0 123 1"],
  ["cut off", "   0: 0100007F:1F90 0100"],
  [
    "without an owner",
    "   0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 0 1",
  ],
])("a row that is %s is left out", (_, row) => {
  expect(parseListeningSockets(`${HEADING}\n${row}\n`)).toEqual([]);
});

test("any text is read without a throw", () => {
  assert(
    property(string(), (text) => {
      expect(parseListeningSockets(text)).toBeInstanceOf(Array);
    }),
  );
});
