import { Bytes } from "../wire/bytes";
import { Status } from "../abi/enums";

let last: Status = Status.Ok;

/**
 * The status of the last call that answered with something else than a status (null, 0, false, an empty view): why
 * there was no value. A number that `Status` does not name is the host's own.
 */
export function lastStatus(): Status {
  return last;
}

/** Keeps a status for `lastStatus()`. The SDK's. */
export function noteStatus(status: Status): void {
  last = status;
}

/** A view for a host call to write its result to: address at `ptr`, length at `length`. */
export function resultView(): Bytes {
  return Bytes.wrap(0, 0);
}

/** The result if the call went well, else null. */
export function resultOf(status: Status, view: Bytes): Bytes | null {
  last = status;
  return status == Status.Ok ? view : null;
}

/** Where a host call writes the address of its result. */
export function addressOf(view: Bytes): usize {
  return changetype<usize>(view) + offsetof<Bytes>("ptr");
}

/** Where a host call writes the length of its result. */
export function lengthOf(view: Bytes): usize {
  return changetype<usize>(view) + offsetof<Bytes>("length");
}
