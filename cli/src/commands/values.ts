import { readFile } from "node:fs/promises";
import { InvalidArgumentError } from "commander";
import { EXIT, Failure } from "../failure.ts";

/** For commander: a number of seconds above zero, with a fraction or without. */
export function parseSeconds(text: string): number {
  const seconds = Number(text);
  if (!/^\d+(\.\d+)?$/.test(text) || seconds <= 0)
    throw new InvalidArgumentError("Seconds are a number above zero, such as 10 or 0.5.");
  return seconds;
}

/** A text as it is given, or with `@FILE` what that file holds, as curl has it. */
export async function textOrFile(value: string): Promise<string> {
  if (!value.startsWith("@")) return value;
  const file = value.slice(1);
  return await readFile(file, "utf8").catch(() => {
    throw new Failure(`cannot read ${file}; a text that begins with @ names a file`, EXIT.usage);
  });
}

/** For commander: a status that an HTTP response may end with. */
export function parseStatus(text: string): number {
  const status = Number(text);
  if (!/^\d{3}$/.test(text) || status < 200 || status > 599)
    throw new InvalidArgumentError("A status is a number from 200 to 599.");
  return status;
}

/** For commander: a point in time, as milliseconds since 1970. */
export function parseTime(text: string): number {
  const time = Date.parse(text);
  if (Number.isNaN(time)) throw new InvalidArgumentError("A time is written as 2026-01-01T00:00:00Z.");
  return time;
}
