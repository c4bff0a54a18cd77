import { indexOfByte, sameBytes } from "../common/bytes";
import {
  DESTINATION_NAMESPACE,
  DESTINATION_SERVICE,
  DESTINATION_SERVICE_NAME,
  DESTINATION_SERVICE_NAMESPACE,
  inputAt,
  inputLength,
  setInput,
} from "./inputs";
import { setDestinationPeer } from "./peer";

const BAR: u8 = 124; // |
const DOT: u8 = 46;
const SEPARATOR: u8 = 59; // ;
const SERVICE_DOMAIN = String.UTF8.encode("svc.");

/** Sets what an endpoint says of itself: the host of its service, a semicolon, its peer. */
export function setDestination(at: usize, length: i32): void {
  const host = indexOfByte(at, length, SEPARATOR);
  if (host < length) setDestinationPeer(at + host + 1, length - host - 1);
  setDestinationService(at, host);
}

/** Sets the destination's service from a cluster's name, `direction|port|subset|host`; others say nothing of it. */
export function setDestinationCluster(cluster: usize, length: i32): void {
  let from = 0;
  for (let field = 0; field < 3; field++) {
    from += indexOfByte(cluster + from, length - from, BAR) + 1;
    if (from > length) return;
  }
  setDestinationService(cluster + from, length - from);
}

/**
 * A host of a cluster's own domain (`name.namespace.svc.…`) names service and namespace, any other host is the name,
 * and its namespace that of the destination's workload, which has to be set before.
 */
function setDestinationService(host: usize, length: i32): void {
  if (length == 0) return;
  setInput(DESTINATION_SERVICE, host, length);
  const name = indexOfByte(host, length, DOT);
  const namespace = name < length ? indexOfByte(host + name + 1, length - name - 1, DOT) : 0;
  const domain = name + namespace + 2;
  if (namespace > 0 && length - domain >= 4 && sameBytes(host + domain, changetype<usize>(SERVICE_DOMAIN), 4)) {
    setInput(DESTINATION_SERVICE_NAME, host, name);
    setInput(DESTINATION_SERVICE_NAMESPACE, host + name + 1, namespace);
    return;
  }
  setInput(DESTINATION_SERVICE_NAME, host, length);
  setInput(DESTINATION_SERVICE_NAMESPACE, inputAt(DESTINATION_NAMESPACE), inputLength(DESTINATION_NAMESPACE));
}
