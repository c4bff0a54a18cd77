/**
 * What tells one combination of labels from another: words, by their place. Strings are numbers of an interner, 0
 * where there is none. What no label of the program asks for is 0. The program's facts follow, one word each.
 */
export const KEY_SOURCE: i32 = 0;
export const KEY_DESTINATION: i32 = 1;
/** The cluster's name, where the destination does not say which service it belongs to. */
export const KEY_CLUSTER: i32 = 2;
export const KEY_CODE: i32 = 3;
export const KEY_FLAGS_LOW: i32 = 4;
export const KEY_FLAGS_HIGH: i32 = 5;
/** 0 for a request that is not gRPC, 1 for gRPC without a status, else the status plus 2. */
export const KEY_GRPC: i32 = 6;
/** The peers' identities by their certificates. */
export const KEY_SOURCE_PRINCIPAL: i32 = 7;
export const KEY_DESTINATION_PRINCIPAL: i32 = 8;
/** Whether both sides of the connection have shown a certificate. */
export const KEY_MUTUAL: i32 = 9;
export const KEY_FIRST_FACT: i32 = 10;
