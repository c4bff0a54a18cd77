import {
  Bytes,
  getProperty,
  HeaderMap,
  HeadersAction,
  HttpContext,
  log,
  LogLevel,
  PluginContext,
  registerPlugin,
  requestHeaders,
  responseHeaders,
  utf8,
} from "proxy-wasm-assemblyscript-sdk";
import { stringAt, stringLength } from "../common/program";
import { ProgramCache, RouteProgram } from "../common/program-cache";
import { reasonText } from "../common/program-error";
import { ADD, check, REMOVE, STRINGS } from "./config";
import { groupOfCluster, groupOfRoute, needsCluster, operationAt, operationCount, REQUEST, RESPONSE } from "./decide";

const PROGRAM = utf8("xds\0route_metadata\0filter_metadata\0sluice\0headers");
const CLUSTER_NAME = utf8("xds\0cluster_name");

const programs = new ProgramCache(check);

class HeadersPlugin extends PluginContext {
  createHttpContext(): HttpContext {
    return new HeadersStream();
  }
}

class HeadersStream extends HttpContext {
  private program: RouteProgram | null = null;
  private clusterGroup: i32 = -1;
  private routeGroup: i32 = -1;

  reset(): void {
    this.program = null;
  }

  onRequestHeaders(_count: u32, _endOfStream: bool): HeadersAction {
    const text = getProperty(PROGRAM);
    if (text === null) return HeadersAction.Continue;
    const program = programs.find(text.ptr, text.length);
    if (!program.isSound) {
      report(program);
      return HeadersAction.Continue;
    }
    this.program = program;
    this.chooseGroups(program.address);
    this.apply(program.address, REQUEST, requestHeaders);
    return HeadersAction.Continue;
  }

  onResponseHeaders(_count: u32, _endOfStream: bool): HeadersAction {
    const program = this.program;
    if (program !== null) this.apply(program.address, RESPONSE, responseHeaders);
    return HeadersAction.Continue;
  }

  /** The cluster is asked for only where the program tells clusters apart. */
  private chooseGroups(program: usize): void {
    const cluster = needsCluster(program) ? getProperty(CLUSTER_NAME) : null;
    this.clusterGroup = cluster === null ? -1 : groupOfCluster(program, cluster.ptr, cluster.length);
    this.routeGroup = groupOfRoute(program);
  }

  private apply(program: usize, direction: i32, map: HeaderMap): void {
    if (this.clusterGroup >= 0) applyGroup(program, this.clusterGroup, direction, map);
    if (this.routeGroup >= 0) applyGroup(program, this.routeGroup, direction, map);
  }
}

function applyGroup(program: usize, group: i32, direction: i32, map: HeaderMap): void {
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

function report(program: RouteProgram): void {
  if (program.reported) return;
  program.reported = true;
  log(LogLevel.Error, "sluice.headers: program refused, requests pass unchanged, " + reasonText(program.reason));
}

registerPlugin(() => new HeadersPlugin());
