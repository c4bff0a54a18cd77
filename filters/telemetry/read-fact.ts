import { Bytes, requestHeaders, utf8 } from "proxy-wasm-assemblyscript-sdk";
import { indexOfByte } from "../common/bytes";
import { stringAt, stringLength, tableAt } from "../common/program";
import { FACT_BYTES, FACT_HEADER, FACT_HOST, FACT_METHOD, FACT_PATH, FACTS, STRINGS } from "./config";

const METHOD = utf8(":method");
const AUTHORITY = utf8(":authority");
const PATH = utf8(":path");
const QUESTION_MARK: u8 = 63;

/** The value of a program's fact in the request at hand; null where it is absent, or a fact of the response. */
export function readFact(program: usize, index: u32): Bytes | null {
  const fact = tableAt(program, FACTS) + <usize>index * FACT_BYTES;
  const kind = load<u32>(fact);
  if (kind == FACT_METHOD) return requestHeaders.get(METHOD);
  if (kind == FACT_HOST) return requestHeaders.get(AUTHORITY);
  if (kind == FACT_PATH) {
    const path = requestHeaders.get(PATH);
    return path === null ? null : path.slice(0, indexOfByte(path.ptr, path.length, QUESTION_MARK));
  }
  if (kind != FACT_HEADER) return null;
  const name = load<u32>(fact, 4);
  return requestHeaders.get(Bytes.wrap(stringAt(program, STRINGS, name), stringLength(program, STRINGS, name)));
}
