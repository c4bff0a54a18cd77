import { Status } from "../abi/enums";
import { proxy_get_status } from "../abi/imports";
import { addressOf, lengthOf, noteStatus, resultView } from "../http/status";
import { NUMBER_SLOT } from "../http/slots";
import { allocate } from "../wire/arena";
import { Bytes } from "../wire/bytes";

/** How the call ended that the current callback is about; a view. */
@unmanaged
export class CallStatus {
  /** gRPC's status in `onGrpcClose`; the host's own code in `onCallResponse` without an answer. */
  code: i32;
  /** May be empty. */
  message: Bytes;
}

/** Why a call failed: in `onGrpcClose`, or in `onCallResponse` when there was no answer. Null when there is nothing to tell. */
export function callStatus(): CallStatus | null {
  const message = resultView();
  store<u32>(NUMBER_SLOT, 0);
  const status: Status = proxy_get_status(NUMBER_SLOT, addressOf(message), lengthOf(message));
  noteStatus(status);
  if (status != Status.Ok) return null;
  const result = changetype<CallStatus>(allocate(offsetof<CallStatus>()));
  result.code = load<i32>(NUMBER_SLOT);
  result.message = message;
  return result;
}
