import { LogLevel } from "../abi/enums";
import { proxy_log } from "../abi/imports";
import { Bytes } from "../wire/bytes";

/** asc calls it by name (asconfig.json, target debug). Debug modules say where they trapped before they do: a failed assert, an index out of range. */
export function abort(message: string | null, file: string | null, line: u32, column: u32): void {
  const where = (file ? file : "") + ":" + line.toString() + ":" + column.toString();
  const text = Bytes.encode(where + ": " + (message ? message : "trapped"));
  proxy_log(LogLevel.Critical, text.ptr, text.length);
}
