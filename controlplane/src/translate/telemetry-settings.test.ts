import { describe, expect, test } from "vitest";
import type { AccessLogging, TelemetryProvider, TraceProvider, Tracing } from "../model/telemetry-types.ts";
import type { Telemetry } from "../model/types.ts";
import { ref } from "./mesh-fixture.ts";
import { logSinks, tracingSettings } from "./telemetry-settings.ts";

const both = "CLIENT_AND_SERVER";
const file = (name: string): TelemetryProvider => ({ kind: "file", name, path: "/dev/stdout", format: { text: "\n" } });
const trace = (name: string): TelemetryProvider => ({ kind: "otel-trace", name, host: `${name}.test`, port: 4317 });
const providers = [file("envoy"), file("audit"), trace("otel"), trace("other")];

function levels<K extends "accessLogging" | "tracing">(
  field: K,
  lists: readonly (readonly (K extends "tracing" ? Tracing : AccessLogging)[])[],
): readonly Telemetry[] {
  return lists.map((list) => ({ ref: ref("Telemetry", "t"), labels: {}, selector: {}, overrides: [], [field]: list }));
}

const errors = { code: { at: "least", value: 400 } } as const;

describe("access logs", () => {
  test.each<[name: string, entries: readonly (readonly AccessLogging[])[], expected: readonly string[] | undefined]>([
    ["no Telemetry: the mesh's own", [], undefined],
    ["one that says nothing of this side", [[{ mode: "SERVER" }]], undefined],
    ["an entry without a provider: envoy", [[{ mode: both }]], ["envoy"]],
    ["several providers", [[{ mode: both, providers: ["audit", "envoy"] }]], ["audit", "envoy"]],
    ["a narrower resource's providers", [[{ mode: both }], [{ mode: both, providers: ["audit"] }]], ["audit"]],
    ["disabled by a narrower resource", [[{ mode: both }], [{ mode: both, disabled: true }]], []],
    ["and on again", [[{ mode: both, disabled: true }], [{ mode: both, disabled: false }]], ["envoy"]],
    [
      "one of two disabled",
      [
        [
          { mode: both, providers: ["envoy", "audit"] },
          { mode: both, providers: ["audit"], disabled: true },
        ],
      ],
      ["envoy"],
    ],
    ["disabled for one side only", [[{ mode: both }, { mode: "SERVER", disabled: true }]], ["envoy"]],
    ["a provider that the mesh does not have", [[{ mode: both, providers: ["nobody"] }]], []],
    ["a condition stays with a narrower resource", [[{ mode: both, filter: errors }], [{ mode: both }]], ["envoy if"]],
  ])("%s", (_, entries, expected) => {
    const sinks = logSinks(levels("accessLogging", entries), "CLIENT", providers);
    expect(sinks?.map(({ provider, condition }) => provider.name + (condition ? " if" : ""))).toEqual(expected);
  });
});

describe("tracing", () => {
  test.each<[name: string, entries: readonly (readonly Tracing[])[], expected: object | undefined]>([
    ["no provider", [[{ mode: both, samplingPerMillion: 5 }]], undefined],
    ["the default", [[{ mode: both, provider: "otel" }]], { samplingPerMillion: 10_000, customTags: {} }],
    [
      "field by field, the narrower resource wins",
      [[{ mode: both, provider: "otel", samplingPerMillion: 7 }], [{ mode: "CLIENT", provider: "other" }]],
      { provider: trace("other"), samplingPerMillion: 7 },
    ],
    [
      "spans are not reported",
      [[{ mode: both, provider: "otel", samplingPerMillion: 7 }], [{ mode: both, disableSpanReporting: true }]],
      { samplingPerMillion: 7, reports: false },
    ],
    [
      "what Istio does if nothing is said",
      [[{ mode: both, provider: "otel" }]],
      { reports: true, propagates: true, byRequestId: true, istioTags: true },
    ],
    [
      "switched off, one by one",
      [
        [{ mode: both, provider: "otel", disableContextPropagation: true, enableIstioTags: false }],
        [{ mode: both, useRequestIdForTraceSampling: false, enableIstioTags: true }],
      ],
      { propagates: false, byRequestId: false, istioTags: true },
    ],
    ["another side's", [[{ mode: "SERVER", provider: "otel" }]], undefined],
    ["a provider of another kind", [[{ mode: both, provider: "envoy" }]], undefined],
    [
      "custom tags replace a wider resource's",
      [
        [{ mode: both, provider: "otel", customTags: { a: { literal: "1" } } }],
        [{ mode: both, customTags: { b: { literal: "2" } } }],
      ],
      { customTags: { b: { literal: "2" } } },
    ],
  ])("%s", (_, entries, expected) => {
    const settings = tracingSettings(levels("tracing", entries), "CLIENT", providers);
    if (expected === undefined) expect(settings).toBeUndefined();
    else expect(settings).toMatchObject(expected);
  });
});

describe("the mesh's own settings of tracing", () => {
  const own = { samplingPerMillion: 5, maxTagLength: 9, enableIstioTags: false, customTags: { a: { literal: "1" } } };
  const zipkin: TraceProvider = { ...zipkinAt("zipkin.test"), name: "" };

  test.each<[name: string, entries: readonly (readonly Tracing[])[], byDefault: object, expected: object | undefined]>([
    [
      "its tracer, with all that it says",
      [],
      { ...own, provider: zipkin },
      { provider: zipkin, istioTags: false, samplingPerMillion: 5, maxTagLength: 9, customTags: own.customTags },
    ],
    ["the default provider comes first", [], { provider: zipkin, name: "otel" }, { provider: trace("otel") }],
    [
      "a Telemetry's comes first",
      [[{ mode: both, provider: "other" }]],
      { provider: zipkin },
      { provider: trace("other") },
    ],
    [
      "a Telemetry without a provider is about it",
      [[{ mode: both, samplingPerMillion: 8, customTags: { b: { literal: "2" } } }]],
      { ...own, provider: zipkin },
      { samplingPerMillion: 8, customTags: { b: { literal: "2" } } },
    ],
    ["settings without a tracer trace nothing", [], own, undefined],
  ])("%s", (_, entries, byDefault, expected) => {
    const settings = tracingSettings(levels("tracing", entries), "CLIENT", providers, byDefault);
    if (expected === undefined) expect(settings).toBeUndefined();
    else expect(settings).toMatchObject(expected);
  });
});

function zipkinAt(host: string): TraceProvider {
  return { kind: "zipkin", name: "zipkin", host, port: 9411, http: { path: "/api/v2/spans", headers: {} } };
}
