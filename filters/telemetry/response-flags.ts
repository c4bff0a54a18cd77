import { indexOfByte } from "../common/bytes";

const COMMA: u8 = 44;

/** Short names by bit, as Envoy numbers its core response flags (envoy/stream_info/stream_info.h). */
const NAMES = String.UTF8.encode(
  "LH,UH,UT,LR,UR,UF,UC,UO,NR,DI,FI,RL,UAEX,RLSE,DC,URX,SI,IH,DPE,UMSDR,RFCF,NFCF,DT,UPE,NC,OM,DF,DO,DR,UDO",
);
const NAMED_BITS: i32 = 30;

/** What a fault of ours sets: Envoy lets no Wasm filter set a flag. */
export const DELAY_INJECTED: u64 = 1 << 9;
export const FAULT_INJECTED: u64 = 1 << 10;

/** Writes the flags' names, separated by commas, or `-` for none, to `to` (128 bytes hold all); returns how many bytes that is. */
export function writeResponseFlags(flags: u64, to: usize): i32 {
  let written = 0;
  let name = changetype<usize>(NAMES);
  const end = name + NAMES.byteLength;
  for (let bit = 0; bit < NAMED_BITS; bit++) {
    const size = indexOfByte(name, <i32>(end - name), COMMA);
    if (((flags >> bit) & 1) != 0) {
      if (written > 0) store<u8>(to + written++, COMMA);
      memory.copy(to + written, name, size);
      written += size;
    }
    name += size + 1;
  }
  if (written > 0) return written;
  store<u8>(to, 45);
  return 1;
}
