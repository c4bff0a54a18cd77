/** What one entry of an archive is: a folder, or a file of `size` bytes. */
export interface TarEntry {
  /** Without a leading slash; at most 100 bytes. */
  readonly name: string;
  readonly kind: "file" | "folder";
  readonly size: number;
}

const BLOCK = 512;

/** The 512-byte header of an entry in the ustar format (POSIX.1-1988), mode 0755, owner root, time 0 (reproducible). */
export function tarHeader(entry: TarEntry): Uint8Array {
  const header = new Uint8Array(BLOCK);
  const put = (at: number, text: string): void => header.set(new TextEncoder().encode(text), at);
  put(0, entry.name);
  put(100, "0000755\0");
  put(108, "0000000\0");
  put(116, "0000000\0");
  put(124, `${octal(entry.size, 11)}\0`);
  put(136, "00000000000\0");
  // The checksum counts its own field as eight spaces.
  put(148, "        ");
  put(156, entry.kind === "folder" ? "5" : "0");
  put(257, "ustar\x0000");
  const sum = header.reduce((total, byte) => total + byte, 0);
  put(148, `${octal(sum, 6)}\0 `);
  return header;
}

/** The zeros that fill a file's last block. */
export function tarPadding(size: number): Uint8Array {
  return new Uint8Array((BLOCK - (size % BLOCK)) % BLOCK);
}

/** Two empty blocks end an archive. */
export const TAR_END: Uint8Array = new Uint8Array(2 * BLOCK);

function octal(value: number, digits: number): string {
  return value.toString(8).padStart(digits, "0");
}
