import { open } from "node:fs/promises";
import { StringDecoder } from "node:string_decoder";
import { pause } from "../process/pause.ts";

const EVERY_MS = 50;

/**
 * Calls back for each whole line that a file gets, from its beginning; the function that comes back reads what is left and
 * ends. A file that is not there yet is waited for.
 */
export function followLines(file: string, onLine: (line: string) => void): () => Promise<void> {
  const decoder = new StringDecoder("utf8");
  let position = 0;
  let pending = "";
  const end = new AbortController();
  const readOn = async (): Promise<void> => {
    const handle = await open(file).catch(() => undefined);
    if (handle === undefined) return;
    try {
      const { size } = await handle.stat();
      if (size <= position) return;
      const buffer = Buffer.alloc(size - position);
      const { bytesRead } = await handle.read(buffer, 0, buffer.length, position);
      position += bytesRead;
      const lines = (pending + decoder.write(buffer.subarray(0, bytesRead))).split("\n");
      pending = lines.pop() ?? "";
      for (const line of lines) onLine(line);
    } finally {
      await handle.close();
    }
  };
  const loop = async (): Promise<void> => {
    while (!end.signal.aborted) {
      await readOn();
      await pause(EVERY_MS, end.signal);
    }
    await readOn();
  };
  const done = loop();
  return async () => {
    end.abort();
    await done;
  };
}
