import {
  BAD_REFERENCE,
  BAD_VALUE,
  DAMAGED,
  NOT_A_PROGRAM,
  OTHER_POLICY,
  OTHER_VERSION,
  TABLE_OUTSIDE,
  TOO_SHORT,
  WRONG_LENGTH,
} from "./program";

/** Why a program was refused, in words, for the one log line that says so. */
export function reasonText(reason: i32): string {
  if (reason == TOO_SHORT) return "it is shorter than its header";
  if (reason == NOT_A_PROGRAM) return "it is not a policy program";
  if (reason == OTHER_POLICY) return "it belongs to another policy";
  if (reason == OTHER_VERSION) return "its format version is not the one this filter reads";
  if (reason == WRONG_LENGTH) return "its length is not the one it states";
  if (reason == DAMAGED) return "its checksum does not match its bytes";
  if (reason == TABLE_OUTSIDE) return "a table lies outside of it";
  if (reason == BAD_REFERENCE) return "a record refers to something that is not there";
  if (reason == BAD_VALUE) return "a record holds a value without meaning";
  return "it is not base64";
}
