import { mapOf } from "../decode/collections.ts";
import { reportError } from "../decode/context.ts";
import { defined, message } from "../decode/message.ts";
import { boolean, nonEmptyString, number, string } from "../decode/scalars.ts";
import type { CustomTag, Tracing } from "../telemetry-types.ts";
import { toPerMillion } from "./percentage.ts";
import { workloadMode } from "./telemetry-metrics.ts";
import { providerNames } from "./telemetry-provider-name.ts";

const match = message("Tracing.TracingSelector", { optional: { mode: workloadMode } }, (given) => ({
  mode: given.mode,
}));

const literal = message("Tracing.Literal", { required: { value: nonEmptyString } }, (given) => given.value);
const named = (name: string) =>
  message(name, { required: { name: nonEmptyString }, optional: { defaultValue: string } }, (given) => ({
    name: given.name,
    defaultValue: given.defaultValue ?? "",
  }));

const formatter = message("Tracing.Formatter", { required: { value: nonEmptyString } }, (given) => given.value);

/** Istio: Tracing.CustomTag, which MeshConfig.defaultConfig.tracing has, too. */
export const customTag = message(
  "Tracing.CustomTag",
  {
    optional: {
      literal,
      environment: named("Tracing.Environment"),
      header: named("Tracing.RequestHeader"),
      formatter,
    },
  },
  ({ literal: text, environment, header, formatter: format }, { context, offset, path }): CustomTag | undefined => {
    const given = [
      text === undefined ? undefined : { literal: text },
      environment === undefined ? undefined : { environment: environment.name, defaultValue: environment.defaultValue },
      header === undefined ? undefined : { header: header.name.toLowerCase(), defaultValue: header.defaultValue },
      format === undefined ? undefined : { format },
    ].filter((tag) => tag !== undefined);
    const [only, ...others] = given;
    if (only !== undefined && others.length === 0) return only;
    return reportError(context, {
      offset,
      path,
      message: `${path} must have exactly one of literal, environment, header and formatter`,
    });
  },
);

/** Istio: Tracing. */
export const tracing = message(
  "Tracing",
  {
    optional: {
      match,
      providers: providerNames(),
      randomSamplingPercentage: number(0, 100),
      disableSpanReporting: boolean,
      disableContextPropagation: boolean,
      useRequestIdForTraceSampling: boolean,
      enableIstioTags: boolean,
      customTags: mapOf(customTag, nonEmptyString),
    },
  },
  (given): Tracing =>
    defined({
      mode: given.match?.mode ?? "CLIENT_AND_SERVER",
      provider: given.providers?.[0],
      samplingPerMillion:
        given.randomSamplingPercentage === undefined ? undefined : toPerMillion(given.randomSamplingPercentage),
      disableSpanReporting: given.disableSpanReporting,
      disableContextPropagation: given.disableContextPropagation,
      useRequestIdForTraceSampling: given.useRequestIdForTraceSampling,
      enableIstioTags: given.enableIstioTags,
      customTags: given.customTags,
    }),
);
