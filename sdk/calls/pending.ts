import { proxy_grpc_cancel } from "../abi/imports";
import { IdTable } from "../wire/id-table";

// Who asked: the host brings an answer to the plugin, with the number that the call got. In steady state a call
// allocates nothing. Everything here is dropped from a module that makes no calls.

/** One call that has no answer yet. It is used again, never freed. */
@unmanaged
export class PendingCall {
  token: u32;
  /** The host's number for the context that asked. */
  owner: u32;
  /** The owner's plugin, which the host brings the answer to. */
  root: u32;
  tag: u32;
  /** A gRPC stream, which ends with its close; a unary call ends with its message. */
  isStream: bool;
  /** The other gRPC calls of the same owner, or the next free object. */
  before: PendingCall | null;
  after: PendingCall | null;
}

let httpCalls: IdTable | null = null;
let grpcCalls: IdTable | null = null;
/** The first gRPC call of each context that waits for one. */
let grpcOwners: IdTable | null = null;
let free: PendingCall | null = null;

function acquire(token: u32, owner: u32, root: u32, tag: u32): PendingCall {
  let call = free;
  if (call) free = call.after;
  else call = changetype<PendingCall>(heap.alloc(offsetof<PendingCall>()));
  call.token = token;
  call.owner = owner;
  call.root = root;
  call.tag = tag;
  call.isStream = false;
  call.before = null;
  call.after = null;
  return call;
}

/** Gives an object back, when what it says has been read. */
export function releaseCall(call: PendingCall): void {
  call.after = free;
  free = call;
}

export function awaitHttpAnswer(token: u32, owner: u32, root: u32, tag: u32): void {
  let table = httpCalls;
  if (!table) httpCalls = table = IdTable.create();
  table.set(token, changetype<usize>(acquire(token, owner, root, tag)));
}

/** Takes the call that an answer belongs to; null when nobody waits for it. */
export function takeHttpCall(token: u32): PendingCall | null {
  const table = httpCalls;
  return table ? changetype<PendingCall | null>(table.take(token)) : null;
}

/** The plugin is gone: the host brings it no answers any more. */
export function dropHttpCalls(root: u32): void {
  const table = httpCalls;
  if (!table) return;
  let slot: u32 = 0;
  while (slot < table.slots) {
    const call = changetype<PendingCall | null>(table.at(slot));
    // Taking an entry out may move another one to its slot.
    if (call && call.root == root) {
      table.take(call.token);
      releaseCall(call);
    } else ++slot;
  }
}

/** Adds a gRPC call, to its owner's list too. */
export function awaitGrpcAnswer(token: u32, owner: u32, isStream: bool): void {
  let table = grpcCalls;
  let owners = grpcOwners;
  if (!table || !owners) {
    grpcCalls = table = IdTable.create();
    grpcOwners = owners = IdTable.create();
  }
  const call = acquire(token, owner, 0, 0);
  call.isStream = isStream;
  const first = changetype<PendingCall | null>(owners.get(owner));
  call.after = first;
  if (first) first.before = call;
  owners.set(owner, changetype<usize>(call));
  table.set(token, changetype<usize>(call));
}

export function findGrpcCall(token: u32): PendingCall | null {
  const table = grpcCalls;
  return table ? changetype<PendingCall | null>(table.get(token)) : null;
}

/** Takes a gRPC call out, from its owner's list too. */
export function dropGrpcCall(call: PendingCall): void {
  const table = grpcCalls;
  const owners = grpcOwners;
  if (!table || !owners) return;
  table.take(call.token);
  const before = call.before;
  const after = call.after;
  if (after) after.before = before;
  if (before) before.after = after;
  else if (after) owners.set(call.owner, changetype<usize>(after));
  else owners.take(call.owner);
  releaseCall(call);
}

/** The owner is gone: nobody will read what its calls bring. */
export function cancelGrpcCalls(owner: u32): void {
  const owners = grpcOwners;
  if (!owners) return;
  let call = changetype<PendingCall | null>(owners.get(owner));
  while (call) {
    proxy_grpc_cancel(call.token);
    dropGrpcCall(call);
    call = changetype<PendingCall | null>(owners.get(owner));
  }
}
