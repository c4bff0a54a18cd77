import { closeSync, openSync, readSync } from "node:fs";

/** Envoy's own option: level, logger, text, each line one record whatever is in it. */
export const LOG_FORMAT: readonly string[] = ["--log-format", "%l|%n|%v", "--log-format-escaped"];

/** What a module has logged in Envoy. */
export interface ModuleLine {
  /** name, root_id and vm_id, those that are not empty, by a space. */
  readonly from: string;
  readonly level: string;
  readonly text: string;
}

const MODULE_LINE = /^([a-z]+)\|wasm\|wasm log ([^:]*): ?(.*)$/s;
const LEVELS: Readonly<Record<string, string>> = { warning: "warn" };

/** Reads a growing log file, each byte once. */
export class LogLines {
  readonly #path: string;
  readonly #chunk = Buffer.alloc(256 * 1024);
  #offset = 0;
  #rest = Buffer.alloc(0);

  constructor(path: string) {
    this.#path = path;
  }

  /** Everything that was written since the last time, in whole lines. */
  take(): readonly string[] {
    const file = openSync(this.#path, "r");
    try {
      for (;;) {
        const count = readSync(file, this.#chunk, 0, this.#chunk.length, this.#offset);
        if (count === 0) break;
        this.#offset += count;
        this.#rest = Buffer.concat([this.#rest, this.#chunk.subarray(0, count)]);
      }
    } finally {
      closeSync(file);
    }
    const end = this.#rest.lastIndexOf(0x0a) + 1;
    const whole = this.#rest.subarray(0, end).toString();
    this.#rest = Buffer.from(this.#rest.subarray(end));
    return whole.split("\n").filter((line) => line !== "");
  }
}

/** A line that a module has logged; undefined for any other. */
export function moduleLine(line: string): ModuleLine | undefined {
  const match = MODULE_LINE.exec(line);
  const [, level = "", from = "", text = ""] = match ?? [];
  return match === null ? undefined : { level: LEVELS[level] ?? level, from, text: unescaped(text) };
}

const ESCAPES: Readonly<Record<string, string>> = { n: "\n", r: "\r", t: "\t" };

/** Takes Envoy's escaping of a record back: C's, with every byte that is no ASCII in octal. */
function unescaped(text: string): string {
  const bytes = text.replaceAll(/\\([0-7]{3}|.)/g, (_, sign: string) =>
    sign.length === 3 ? String.fromCharCode(Number.parseInt(sign, 8)) : (ESCAPES[sign] ?? sign),
  );
  return Buffer.from(bytes, "latin1").toString();
}
