import { Bytes, getProperty, utf8 } from "proxy-wasm-assemblyscript-sdk";

const PEER = utf8("connection\0uri_san_peer_certificate");

/** Whether this callback has asked for it; what it got lives in the arena, so it ends with the callback. */
let isRead: bool = false;
let at: usize = 0;
let length: i32 = -1;

/** To be called when the callback for a request's headers begins, or that for a connection. */
export function forgetPeerIdentity(): void {
  isRead = false;
}

/** Whether some policy has asked for it in this callback, so that to know it costs no host call. */
export function hasPeerIdentity(): bool {
  return isRead;
}

/** The first URI in the certificate of the client; null where there is none. One host call for all policies of a callback. */
export function peerIdentity(): Bytes | null {
  if (!isRead) {
    const peer = getProperty(PEER);
    isRead = true;
    at = peer === null ? 0 : peer.ptr;
    length = peer === null ? -1 : peer.length;
  }
  return length < 0 ? null : Bytes.wrap(at, length);
}
