import type { Duration } from "@bufbuild/protobuf/wkt";
import type { RouteAction } from "../../gen/envoy/config/route/v3/route_components_pb.js";
import type { Fault, Headers, HttpRoute } from "../model/types.ts";
import type { Effect } from "./types.ts";

/** What a route does to a request beside sending it on. Time limits and retries are the message's: defaults count, too. */
export function effectsOf(action: RouteAction | undefined, rule: HttpRoute | undefined): Effect[] {
  return [
    ...(rule?.fault === undefined ? [] : faults(rule.fault)),
    ...(action === undefined ? [] : [...rewrites(action), timeout(action), retries(action)]),
    ...headers(rule?.headers, ""),
    ...(rule?.route ?? []).flatMap((one) =>
      headers(one.headers, `of ${one.destination.subset ?? one.destination.host}: `),
    ),
    ...(rule?.mirrors ?? []).map(({ destination: { host, subset }, perMillion }): Effect => ({
      kind: "mirror",
      text: `${percent(perMillion)} copied to ${host}${subset === undefined ? "" : ` ${subset}`}`,
    })),
    ...(rule?.cors === undefined ? [] : [{ kind: "cors" as const, text: "preflight requests are answered here" }]),
  ];
}

function percent(perMillion: number): string {
  return `${perMillion / 10_000} %`;
}

function faults({ delay, abort }: Fault): Effect[] {
  const status = abort?.grpcStatus === undefined ? abort?.httpStatus : `gRPC status ${abort.grpcStatus}`;
  return [
    ...(delay
      ? [{ kind: "fault" as const, text: `${percent(delay.perMillion)} delayed by ${delay.fixedDelayMs} ms` }]
      : []),
    ...(abort ? [{ kind: "fault" as const, text: `${percent(abort.perMillion)} aborted with ${status}` }] : []),
  ];
}

function rewrites({ prefixRewrite, regexRewrite, hostRewriteSpecifier: host }: RouteAction): Effect[] {
  const texts = [
    ...(prefixRewrite === "" ? [] : [`what matched of the path becomes ${prefixRewrite}`]),
    ...(regexRewrite ? [`the path by ${regexRewrite.pattern?.regex} becomes ${regexRewrite.substitution}`] : []),
    ...(host.case === "hostRewriteLiteral" ? [`the host becomes ${host.value}`] : []),
  ];
  return texts.map((text) => ({ kind: "rewrite", text }));
}

function timeout({ timeout: limit }: RouteAction): Effect {
  const ms = milliseconds(limit);
  return { kind: "timeout", text: ms === 0 ? "none" : `${ms} ms` };
}

function retries({ retryPolicy }: RouteAction): Effect {
  const attempts = retryPolicy?.numRetries ?? 0;
  if (retryPolicy === undefined || attempts === 0) return { kind: "retries", text: "none" };
  const { retryOn, perTryTimeout } = retryPolicy;
  const each = perTryTimeout === undefined ? "" : `, ${milliseconds(perTryTimeout)} ms each`;
  return { kind: "retries", text: `up to ${attempts}${each}, on ${retryOn.split(",").join(", ")}` };
}

function milliseconds(duration: Duration | undefined): number {
  return duration === undefined ? 0 : Number(duration.seconds) * 1_000 + duration.nanos / 1_000_000;
}

function headers(all: Headers | undefined, prefix: string): Effect[] {
  return (["request", "response"] as const).flatMap((side) => {
    const operations = all?.[side];
    if (operations === undefined) return [];
    const texts = [
      ...Object.entries(operations.set).map(([name, value]) => `set ${name}: ${value}`),
      ...Object.entries(operations.add).map(([name, value]) => `add ${name}: ${value}`),
      ...operations.remove.map((name) => `remove ${name}`),
    ];
    return texts.map((text): Effect => ({ kind: "headers", text: `${prefix}${side}: ${text}` }));
  });
}
