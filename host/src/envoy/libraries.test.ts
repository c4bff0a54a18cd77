import { expect, test } from "vitest";
import { foldersOf } from "./image.ts";
import { parseLdd } from "./libraries.ts";
import { tarHeader, tarPadding } from "./tar.ts";

test("ldd's libraries by the path that the loader looks at, the loader among them", () => {
  const output = `
	linux-vdso.so.1 (0x00007ff9baf6b000)
	libm.so.6 => /lib/x86_64-linux-gnu/libm.so.6 (0x00007ff9bae7a000)
	libgone.so => not found
	/lib64/ld-linux-x86-64.so.2 (0x00007ff9baf6d000)`;
  expect(parseLdd(output)).toEqual(["/lib/x86_64-linux-gnu/libm.so.6", "/lib64/ld-linux-x86-64.so.2"]);
});

test("a static binary has none", () => {
  expect(parseLdd("	not a dynamic executable")).toEqual([]);
});

test("folders come before what is in them", () => {
  expect(foldersOf(["/usr/local/bin/envoy", "/lib/x", "/tmp/x"])).toEqual([
    "/lib",
    "/tmp",
    "/usr",
    "/usr/local",
    "/usr/local/bin",
  ]);
});

test("a tar header is one block with the checksum that tar expects", () => {
  const header = tarHeader({ name: "usr/local/bin/envoy", kind: "file", size: 1000 });
  const text = Buffer.from(header).toString("latin1");
  expect(header).toHaveLength(512);
  expect(text.slice(124, 135)).toBe("00000001750");
  const sum = header.reduce((total, byte, at) => total + (at >= 148 && at < 156 ? 32 : byte), 0);
  expect(Number.parseInt(text.slice(148, 154), 8)).toBe(sum);
});

test.each([
  [0, 0],
  [1, 511],
  [512, 0],
  [1000, 24],
])("a file of %i bytes is filled up by %i", (size, padding) => {
  expect(tarPadding(size)).toHaveLength(padding);
});
