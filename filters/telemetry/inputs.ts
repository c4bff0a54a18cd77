/**
 * Where the values of labels stand while a metric's name is written: one pair of words (pointer, length) a source.
 * Source numbers are those of the program: Istio's labels from 1 on, then the facts that the user asked for.
 */

export const REPORTER: u32 = 1;
export const SOURCE_WORKLOAD: u32 = 2;
export const SOURCE_NAMESPACE: u32 = 3;
export const SOURCE_PRINCIPAL: u32 = 4;
export const LAST_SOURCE: u32 = 9;
export const DESTINATION_WORKLOAD: u32 = 10;
export const DESTINATION_NAMESPACE: u32 = 11;
export const DESTINATION_PRINCIPAL: u32 = 12;
export const DESTINATION_SERVICE: u32 = 15;
export const DESTINATION_SERVICE_NAME: u32 = 16;
export const DESTINATION_SERVICE_NAMESPACE: u32 = 17;
export const LAST_DESTINATION: u32 = 20;
export const REQUEST_PROTOCOL: u32 = 21;
export const RESPONSE_CODE: u32 = 22;
export const GRPC_RESPONSE_STATUS: u32 = 23;
export const RESPONSE_FLAGS: u32 = 24;
export const CONNECTION_SECURITY_POLICY: u32 = 25;
export const FIRST_FACT: u32 = 26;

/** Room for Istio's labels and MAX_FACTS of the user's. */
export const INPUT_SLOTS: u32 = 26 + 32;

/** The length of a value that is not known. */
export const UNKNOWN: i32 = -1;

const inputs = memory.data(58 * 8);

/** Forgets all values. */
export function clearInputs(): void {
  for (let source: u32 = 0; source < INPUT_SLOTS; source++) setInput(source, 0, UNKNOWN);
}

export function setInput(source: u32, at: usize, length: i32): void {
  store<u32>(inputs + <usize>source * 8, <u32>at);
  store<i32>(inputs + <usize>source * 8, length, 4);
}

export function setInputText(source: u32, text: ArrayBuffer): void {
  setInput(source, changetype<usize>(text), text.byteLength);
}

export function inputAt(source: u32): usize {
  return load<u32>(inputs + <usize>source * 8);
}

export function inputLength(source: u32): i32 {
  return load<i32>(inputs + <usize>source * 8, 4);
}
