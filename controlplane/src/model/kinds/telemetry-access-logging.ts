import { describe } from "../../config/value.ts";
import { parseAccessLogCondition } from "../access-log-condition.ts";
import { reportError } from "../decode/context.ts";
import { refine, type Decoder } from "../decode/decoder.ts";
import { defined, message } from "../decode/message.ts";
import { boolean, nonEmptyString } from "../decode/scalars.ts";
import type { AccessLogCondition, AccessLogging } from "../telemetry-types.ts";
import { workloadMode } from "./telemetry-metrics.ts";
import { providerNames } from "./telemetry-provider-name.ts";

const expression: Decoder<AccessLogCondition> = refine(nonEmptyString, (text, value, path, context) => {
  const condition = parseAccessLogCondition(text);
  if (!("message" in condition)) return condition;
  return reportError(context, {
    offset: value.offset,
    path,
    message: `${path} is ${describe(value)}: at character ${condition.at + 1}, ${condition.message}`,
    allowed: condition.allowed,
    fix: condition.fix,
  });
});

const filter = message("AccessLogging.Filter", { optional: { expression } }, (given) => ({
  condition: given.expression,
}));
const match = message("AccessLogging.LogSelector", { optional: { mode: workloadMode } }, (given) => ({
  mode: given.mode,
}));

/** Istio: AccessLogging. */
export const accessLogging = message(
  "AccessLogging",
  { optional: { match, providers: providerNames(), disabled: boolean, filter } },
  (given): AccessLogging =>
    defined({
      mode: given.match?.mode ?? "CLIENT_AND_SERVER",
      providers: given.providers?.length === 0 ? undefined : given.providers,
      disabled: given.disabled,
      filter: given.filter?.condition,
    }),
);
