import { indexOfByte, sameBytes } from "../common/bytes";
import { CLIENT, SERVER } from "./config";
import {
  DESTINATION_NAMESPACE,
  DESTINATION_SERVICE,
  DESTINATION_SERVICE_NAME,
  DESTINATION_SERVICE_NAMESPACE,
  inputAt,
  inputLength,
  setInput,
} from "./inputs";

const BAR: u8 = 124; // |
const DOT: u8 = 46;
const INBOUND = String.UTF8.encode("inbound|");
const OUTBOUND = String.UTF8.encode("outbound|");
const SERVICE_DOMAIN = String.UTF8.encode("svc.");

/** CLIENT or SERVER as the direction in a cluster's name says, or -1 where it says nothing. */
export function sideOfCluster(cluster: usize, length: i32): i32 {
  if (startsWith(cluster, length, INBOUND)) return SERVER;
  return startsWith(cluster, length, OUTBOUND) ? CLIENT : -1;
}

function startsWith(at: usize, length: i32, prefix: ArrayBuffer): bool {
  return length >= prefix.byteLength && sameBytes(at, changetype<usize>(prefix), prefix.byteLength);
}

/**
 * Sets the destination's service from a cluster's name, `direction|port|subset|host`; other names say nothing of it.
 * A host of a cluster's own domain (`name.namespace.svc.…`) names service and namespace, any other host is the name,
 * and its namespace that of the destination's workload. Call it after the destination's peer is set.
 */
export function setDestinationService(cluster: usize, length: i32): void {
  let from = 0;
  for (let field = 0; field < 3; field++) {
    const size = indexOfByte(cluster + from, length - from, BAR);
    from += size + 1;
    if (from > length) return;
  }
  const host = cluster + from;
  const size = length - from;
  if (size == 0) return;
  setInput(DESTINATION_SERVICE, host, size);
  const name = indexOfByte(host, size, DOT);
  const namespace = name < size ? indexOfByte(host + name + 1, size - name - 1, DOT) : 0;
  const domain = name + namespace + 2;
  if (namespace > 0 && size - domain >= 4 && sameBytes(host + domain, changetype<usize>(SERVICE_DOMAIN), 4)) {
    setInput(DESTINATION_SERVICE_NAME, host, name);
    setInput(DESTINATION_SERVICE_NAMESPACE, host + name + 1, namespace);
    return;
  }
  setInput(DESTINATION_SERVICE_NAME, host, size);
  setInput(DESTINATION_SERVICE_NAMESPACE, inputAt(DESTINATION_NAMESPACE), inputLength(DESTINATION_NAMESPACE));
}
