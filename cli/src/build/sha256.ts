import { createHash } from "node:crypto";

/** Lower-case hex. A text counts as its UTF-8 bytes. */
export function sha256(content: Uint8Array | string): string {
  return createHash("sha256").update(content).digest("hex");
}
