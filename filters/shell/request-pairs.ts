import { HeaderPairs, requestHeaders } from "proxy-wasm-assemblyscript-sdk";

/** The list at hand; null while this callback has not read it. It lives in the arena, so it ends with the callback. */
let list: HeaderPairs | null = null;
/** How the list's cursor stood before its first use. */
const beginning = memory.data(64);

/** To be called when the callback for the request's headers begins. */
export function forgetRequestPairs(): void {
  list = null;
}

/** Whether some policy has read the list in this callback, so that to look into it costs no host call. */
export function hasRequestPairs(): bool {
  return list !== null;
}

/**
 * All headers of the request, from the first on: one host call for all policies of a callback. It costs about what one
 * header's value does, since the dear part of a host call is handing over a result. There is one cursor, which each call
 * sets back: no policy goes through the list while another does.
 */
export function requestPairs(): HeaderPairs {
  const known = list;
  if (known !== null) {
    memory.copy(changetype<usize>(known), beginning, offsetof<HeaderPairs>());
    return known;
  }
  const pairs = requestHeaders.pairs();
  memory.copy(beginning, changetype<usize>(pairs), offsetof<HeaderPairs>());
  list = pairs;
  return pairs;
}
