import { Bytes, getProperty, HeaderMap, utf8 } from "proxy-wasm-assemblyscript-sdk";
import { stringAt, stringLength } from "../common/program";
import { ADD, REMOVE, STRINGS } from "./config";
import { groupOfCluster, groupOfRoute, needsCluster, operationAt, operationCount } from "./decide";

const CLUSTER_NAME = utf8("xds\0cluster_name");

/** The group of the cluster that the route chose, or -1. The host is asked only where the program tells clusters apart. */
export function groupOfChosenCluster(program: usize): i32 {
  const cluster = needsCluster(program) ? getProperty(CLUSTER_NAME) : null;
  return cluster === null ? -1 : groupOfCluster(program, cluster.ptr, cluster.length);
}

/** Does to a map what the program says for a direction (REQUEST, RESPONSE): the cluster's group, then the route's own. */
export function apply(program: usize, clusterGroup: i32, direction: i32, map: HeaderMap): void {
  applyGroup(program, clusterGroup, direction, map);
  applyGroup(program, groupOfRoute(program), direction, map);
}

function applyGroup(program: usize, group: i32, direction: i32, map: HeaderMap): void {
  if (group < 0) return;
  for (let i: u32 = 0, count = operationCount(program, group, direction); i < count; i++) {
    const operation = operationAt(program, group, direction, i);
    const kind = load<u32>(operation);
    const name = textOf(program, load<u32>(operation, 4));
    if (kind == REMOVE) map.remove(name);
    else if (kind == ADD) map.add(name, textOf(program, load<u32>(operation, 8)));
    else map.set(name, textOf(program, load<u32>(operation, 8)));
  }
}

function textOf(program: usize, index: u32): Bytes {
  return Bytes.wrap(stringAt(program, STRINGS, index), stringLength(program, STRINGS, index));
}
