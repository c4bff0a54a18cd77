import { sameBytes } from "../common/bytes";

const INBOUND = String.UTF8.encode("inbound|");
const BAR: u8 = 124; // |

/** The port in a cluster name `inbound|PORT|subset|host`; 0 where the name is another. */
export function portOfInboundCluster(name: usize, length: i32): u32 {
  const prefix = INBOUND.byteLength;
  if (length <= prefix || !sameBytes(name, changetype<usize>(INBOUND), prefix)) return 0;
  let port: u32 = 0;
  for (let i = prefix; i < length; i++) {
    const byte = load<u8>(name + i);
    if (byte == BAR) return port;
    if (byte - 48 > 9 || port > 65535) return 0;
    port = port * 10 + (byte - 48);
  }
  return 0;
}
