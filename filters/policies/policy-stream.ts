import {
  DataAction,
  getProperty,
  HeadersAction,
  log,
  LogLevel,
  requestHeaders,
  responseHeaders,
  TrailersAction,
  utf8,
} from "proxy-wasm-assemblyscript-sdk";
import { denyWithoutProgram } from "../authorization/authorizer";
import { OK } from "../common/program";
import { reasonText } from "../common/program-error";
import { forgetPeerIdentity } from "../shell/peer-identity";
import { forgetRequestPairs } from "../shell/request-pairs";
import { DelayedStream, Delays } from "../fault/delays";
import { Disturbance } from "../fault/disturbance";
import { apply, groupOfChosenCluster } from "../headers/apply";
import { REQUEST, RESPONSE } from "../headers/decide";
import { Remembered } from "../headers/remembered";
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
  /** Made for the first request on a route with a fault, and then kept for others. */
  private disturbance: Disturbance | null = null;
  private remembered: Remembered | null = null;
  private isResponding: bool = false;
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
    this.isResponding = false;
    this.remembered = null;
    this.clusterGroup = -1;
    this.flags = 0;
  }

  onRequestHeaders(_count: u32, endOfStream: bool): HeadersAction {
    forgetRequestPairs();
    forgetPeerIdentity();
    if (!this.passes(!endOfStream)) return HeadersAction.StopIteration;
    this.readRoute();
    return this.disturb() ? HeadersAction.StopIteration : HeadersAction.Continue;
  }

  onRequestBody(size: u32, endOfStream: bool): DataAction {
    const facts = this.facts;
    if (facts !== null) facts.addRequest(size, endOfStream);
    return DataAction.Continue;
  }

  /** The route's headers are also on answers that a policy has given, as the router's own would be. */
  onResponseHeaders(_count: u32, endOfStream: bool): HeadersAction {
    this.readResponseFacts(endOfStream);
    this.readRoute();
    const route = this.route;
    if (route !== null && route.headers != 0) {
      apply(route.headers, this.clusterGroup, RESPONSE, responseHeaders, this.remembered);
    }
    const disturbance = this.disturbance;
    if (disturbance === null || disturbance.isNothing) return HeadersAction.Continue;
    if (!this.isResponding && !disturbance.disturbsResponse()) return HeadersAction.Continue;
    disturbance.mark();
    return this.disturbResponse(disturbance) ? HeadersAction.StopIteration : HeadersAction.Continue;
  }

  onResponseBody(size: u32, endOfStream: bool): DataAction {
    const facts = this.facts;
    if (facts !== null) facts.addResponse(size, endOfStream);
    return DataAction.Continue;
  }

  onResponseTrailers(_count: u32): TrailersAction {
    const facts = this.facts;
    const programs = this.programs;
    if (facts === null || programs === null) return TrailersAction.Continue;
    const recorder = programs.recorder;
    if (recorder !== null) recorder.readTrailers(facts);
    return TrailersAction.Continue;
  }

  /** The stream's end: its facts are still there, and so is the client that left while its request waited. */
  onDelete(): void {
    this.delays.drop(this);
    const disturbance = this.disturbance;
    if (disturbance !== null) disturbance.end();
    const facts = this.facts;
    const programs = this.programs;
    if (facts === null || programs === null) return;
    const recorder = programs.recorder;
    if (recorder !== null) recorder.record(facts, this.flags);
  }

  wake(): void {
    if (this.isResponding) {
      if (!this.abortsNow()) this.resumeResponse();
    } else if (!this.proceed()) {
      this.resumeRequest();
    }
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

  /** Telemetry sees the response's headers as the program has sent them. */
  private readResponseFacts(endOfStream: bool): void {
    const programs = this.programs;
    const facts = this.facts;
    if (facts === null || programs === null) return;
    const recorder = programs.recorder;
    if (recorder !== null) recorder.readResponse(facts, endOfStream);
  }

  /** Fault. True if the request does not go on now. */
  private disturb(): bool {
    const route = this.route;
    if (route === null) return false;
    if (route.remembers) {
      const remembered = new Remembered();
      remembered.begin(route.headers);
      this.remembered = remembered;
    }
    if (route.fault != 0) {
      let disturbance = this.disturbance;
      if (disturbance === null) this.disturbance = disturbance = new Disturbance();
      disturbance.begin(route.fault);
      if (!disturbance.isResponsePhase && this.delaysNow(disturbance)) return true;
    }
    return this.proceed();
  }

  /** Fault, when the response's headers have come. True if they do not go on now. */
  private disturbResponse(disturbance: Disturbance): bool {
    if (!disturbance.isResponsePhase || this.isResponding) return false;
    this.isResponding = true;
    return this.delaysNow(disturbance) || this.abortsNow();
  }

  private delaysNow(disturbance: Disturbance): bool {
    if (disturbance.delay == 0) return false;
    this.flags |= DELAY_INJECTED;
    disturbance.tellDelay();
    this.delays.add(this, disturbance.delay);
    return true;
  }

  private abortsNow(): bool {
    const disturbance = this.disturbance;
    if (disturbance === null || !disturbance.aborts) return false;
    this.flags |= FAULT_INJECTED;
    // An answer in the place of a response is sent past all filters.
    const facts = this.facts;
    if (this.isResponding && facts !== null) facts.addResponse(0, false);
    disturbance.abort(this);
    return true;
  }

  /** After the delay, if there is one: the request ends here (true), or goes on with its headers changed. */
  private proceed(): bool {
    const disturbance = this.disturbance;
    if (disturbance !== null && !disturbance.isResponsePhase && this.abortsNow()) return true;
    const route = this.route;
    if (route !== null && route.headers != 0) apply(route.headers, this.clusterGroup, REQUEST, requestHeaders);
    return false;
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
