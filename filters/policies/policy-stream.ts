import {
  getProperty,
  HeadersAction,
  log,
  LogLevel,
  randomU64,
  requestHeaders,
  responseHeaders,
  utf8,
} from "proxy-wasm-assemblyscript-sdk";
import { denyWithoutProgram } from "../authorization/authorizer";
import { OK } from "../common/program";
import { reasonText } from "../common/program-error";
import { forgetRequestPairs } from "../shell/request-pairs";
import { abort } from "../fault/abort";
import { aborts, delayMs } from "../fault/decide";
import { DelayedStream, Delays } from "../fault/delays";
import { apply, groupOfChosenCluster } from "../headers/apply";
import { REQUEST, RESPONSE } from "../headers/decide";
import { RequestFacts } from "../telemetry/request-facts";
import { DELAY_INJECTED, FAULT_INJECTED } from "../telemetry/response-flags";
import { ProxyPrograms } from "./proxy-programs";
import { RouteProgramCache, RoutePrograms } from "./route-programs";

const ROUTE_PROGRAMS = utf8("xds\0route_metadata\0filter_metadata\0sluice\0policies");

const routes = new RouteProgramCache();

/** One request and its response under the four policies, in Istio's order: authorization, fault, headers, telemetry. */
export class PolicyStream extends DelayedStream {
  private facts: RequestFacts | null = null;
  private route: RoutePrograms | null = null;
  private isRouteRead: bool = false;
  private willAbort: bool = false;
  private clusterGroup: i32 = -1;
  /** Response flags of what was done here, which the proxy cannot know. */
  private flags: u64 = 0;

  constructor(
    private programs: ProxyPrograms | null,
    private delays: Delays,
  ) {
    super();
    if (programs !== null) this.facts = programs.newFacts();
  }

  reset(): void {
    const facts = this.facts;
    if (facts !== null) facts.reset();
    this.route = null;
    this.isRouteRead = false;
    this.willAbort = false;
    this.clusterGroup = -1;
    this.flags = 0;
  }

  onRequestHeaders(_count: u32, endOfStream: bool): HeadersAction {
    forgetRequestPairs();
    if (!this.passes(!endOfStream)) return HeadersAction.StopIteration;
    this.readRoute();
    return this.disturb() ? HeadersAction.StopIteration : HeadersAction.Continue;
  }

  /** The route's headers are also on answers that a policy has given, as the router's own would be. */
  onResponseHeaders(_count: u32, _endOfStream: bool): HeadersAction {
    this.readRoute();
    const route = this.route;
    if (route !== null && route.headers != 0) apply(route.headers, this.clusterGroup, RESPONSE, responseHeaders);
    return HeadersAction.Continue;
  }

  /** The stream's end: its facts are still there, and so is the client that left while its request waited. */
  onDelete(): void {
    this.delays.drop(this);
    const facts = this.facts;
    const programs = this.programs;
    if (facts === null || programs === null) return;
    const recorder = programs.recorder;
    if (recorder !== null) recorder.record(facts, this.flags);
  }

  wake(): void {
    this.proceed();
    if (!this.willAbort) this.resumeRequest();
  }

  /** Authorization. Telemetry reads what it needs behind it, so that a list of headers that was read serves both. */
  private passes(hasBody: bool): bool {
    const programs = this.programs;
    if (programs === null) {
      denyWithoutProgram();
      return false;
    }
    const authorizer = programs.authorizer;
    const isAdmitted = authorizer === null || authorizer.admits();
    const facts = this.facts;
    const recorder = programs.recorder;
    if (facts !== null && recorder !== null) recorder.readRequest(facts, hasBody);
    return isAdmitted;
  }

  /** Fault. True if the request does not go on now. */
  private disturb(): bool {
    const route = this.route;
    if (route === null) return false;
    const fault = route.fault;
    const delay = fault == 0 ? 0 : delayMs(fault, randomU64());
    this.willAbort = fault != 0 && aborts(fault, randomU64());
    if (delay > 0) {
      this.flags |= DELAY_INJECTED;
      this.delays.add(this, delay);
      return true;
    }
    this.proceed();
    return this.willAbort;
  }

  /** After the delay, if there is one: the request ends here, or goes on with its headers changed. */
  private proceed(): void {
    const route = this.route;
    if (route === null) return;
    if (this.willAbort) {
      this.flags |= FAULT_INJECTED;
      abort(route.fault);
    } else if (route.headers != 0) {
      apply(route.headers, this.clusterGroup, REQUEST, requestHeaders);
    }
  }

  private readRoute(): void {
    const programs = this.programs;
    if (this.isRouteRead || programs === null || !programs.asksRoutes) return;
    this.isRouteRead = true;
    const text = getProperty(ROUTE_PROGRAMS);
    if (text === null) return;
    const route = routes.find(text.ptr, text.length);
    this.route = route;
    if (route.headers != 0) this.clusterGroup = groupOfChosenCluster(route.headers);
    if (route.reason == OK || route.reported) return;
    route.reported = true;
    log(
      LogLevel.Error,
      "sluice.policies: a route's programs refused, it has no faults and keeps its headers, " +
        reasonText(route.reason),
    );
  }
}
