import { Bytes, getProperty, HeaderMap, utf8 } from "proxy-wasm-assemblyscript-sdk";
import { stringAt, stringLength } from "../common/program";
import { ADD, ADD_TEMPLATE, COOKIE, DEFAULT, REMOVE, RENAME, REWRITE, SET, SET_TEMPLATE, STRINGS } from "./config";
import { isCookie, withAttributes } from "./cookie";
import { groupOfCluster, groupOfRoute, needsCluster, operationAt, operationCount } from "./decide";
import { Remembered } from "./remembered";
import { rewrite } from "./rewrite";
import { MAX_BYTES, room, valueOf } from "./template";

const SET_COOKIE = utf8("set-cookie");
const CLUSTER_NAME = utf8("xds\0cluster_name");

/** The group of the cluster that the route chose, or -1. The host is asked only where the program tells clusters apart. */
export function groupOfChosenCluster(program: usize): i32 {
  const cluster = needsCluster(program) ? getProperty(CLUSTER_NAME) : null;
  return cluster === null ? -1 : groupOfCluster(program, cluster.ptr, cluster.length);
}

/** Does to a map what the program says for a direction (REQUEST, RESPONSE): the cluster's group, then the route's own. */
export function apply(
  program: usize,
  clusterGroup: i32,
  direction: i32,
  map: HeaderMap,
  remembered: Remembered | null = null,
): void {
  applyGroup(program, clusterGroup, direction, map, remembered);
  applyGroup(program, groupOfRoute(program), direction, map, remembered);
}

function applyGroup(program: usize, group: i32, direction: i32, map: HeaderMap, remembered: Remembered | null): void {
  if (group < 0) return;
  for (let i: u32 = 0, count = operationCount(program, group, direction); i < count; i++) {
    const operation = operationAt(program, group, direction, i);
    const kind = load<u32>(operation);
    const name = textOf(program, load<u32>(operation, 4));
    if (kind == REMOVE) map.remove(name);
    else if (kind == ADD) map.add(name, textOf(program, load<u32>(operation, 8)));
    else if (kind == SET) map.set(name, textOf(program, load<u32>(operation, 8)));
    else if (kind == RENAME) rename(map, name, textOf(program, load<u32>(operation, 8)));
    else if (kind == COOKIE) changeCookies(map, name, textOf(program, load<u32>(operation, 8)));
    else if (kind == REWRITE) rewriteAll(program, operation, map, name);
    else if (kind != DEFAULT || map.get(name) === null) put(map, kind, name, valueOf(program, operation, remembered));
  }
}

/** Where none of the facts is there that a value asks for, nothing takes the place of what a client may have sent. */
function put(map: HeaderMap, kind: u32, name: Bytes, value: Bytes | null): void {
  if (value === null) {
    if (kind == SET_TEMPLATE) map.remove(name);
  } else if (kind == ADD_TEMPLATE) map.add(name, value);
  else map.set(name, value);
}

/** All values go over, in their order, in the place of those that the new name had. */
function rename(map: HeaderMap, from: Bytes, to: Bytes): void {
  const pairs = map.pairs();
  let isThere = false;
  while (pairs.next()) {
    if (!pairs.name.equals(from)) continue;
    if (!isThere) {
      isThere = true;
      map.remove(from);
      map.remove(to);
    }
    map.add(to, pairs.value);
  }
}

/** All values keep their order; where none of them has a match, nothing is done. */
function rewriteAll(program: usize, operation: usize, map: HeaderMap, name: Bytes): void {
  const pairs = map.pairs();
  let count = 0;
  let size = -1;
  while (pairs.next()) {
    if (!pairs.name.equals(name)) continue;
    count++;
    const written = rewritten(program, operation, pairs.value);
    if (written >= 0) size = written;
  }
  if (size < 0) return;
  if (count == 1) {
    map.set(name, Bytes.wrap(changetype<usize>(room), size));
    return;
  }
  const again = map.pairs();
  map.remove(name);
  while (again.next()) {
    if (!again.name.equals(name)) continue;
    const value = again.value;
    const length = rewritten(program, operation, value);
    map.add(name, length < 0 ? value : Bytes.wrap(changetype<usize>(room), length));
  }
}

/** The new value's length; it stands in `room`. */
function rewritten(program: usize, operation: usize, value: Bytes): i32 {
  return rewrite(program, operation, value.ptr, value.length, changetype<usize>(room), MAX_BYTES);
}

function changeCookies(map: HeaderMap, name: Bytes, attributes: Bytes): void {
  const pairs = map.pairs();
  let isThere = false;
  while (pairs.next()) {
    if (!pairs.name.equals(SET_COOKIE)) continue;
    // All of them are put back, in their order.
    if (!isThere) {
      isThere = true;
      map.remove(SET_COOKIE);
    }
    const value = pairs.value;
    if (!isCookie(value.ptr, value.length, name.ptr, name.length)) map.add(SET_COOKIE, value);
    else map.add(SET_COOKIE, Bytes.of(withAttributes(value.ptr, value.length, attributes.ptr, attributes.length)));
  }
}

function textOf(program: usize, index: u32): Bytes {
  return Bytes.wrap(stringAt(program, STRINGS, index), stringLength(program, STRINGS, index));
}
