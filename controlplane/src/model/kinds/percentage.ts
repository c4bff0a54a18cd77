import type { Decoder } from "../decode/decoder.ts";
import { lastName, message } from "../decode/message.ts";
import { integer, number } from "../decode/scalars.ts";
import { describe } from "../../config/value.ts";
import { reportError } from "../decode/context.ts";

/** Envoy's FractionalPercent over a million, cut as Istio cuts it. */
export function toPerMillion(percent: number): number {
  // The product of 0.07 and 10,000 is 700.0000000000001, that of 0.29 is 2899.9999999999995: mend before cutting.
  return Math.trunc(Number((percent * 10_000).toPrecision(12)));
}

const percent = message("Percent", { optional: { value: number(0, 100) } }, (given) => toPerMillion(given.value ?? 0));

/** Istio: Percent, `{ value: 12.5 }`, in parts per million. */
export const percentage: Decoder<number> = (value, path, context) => {
  if (value.kind !== "scalar") return percent(value, path, context);
  const amount = /^(\d+(?:\.\d+)?) ?%?$/.exec(value.source)?.[1];
  const fix = amount === undefined ? undefined : `write ${lastName(path)}: { value: ${amount} }`;
  return reportError(context, {
    offset: value.offset,
    path,
    message: `${path} must be a map (Percent), not ${describe(value)}`,
    allowed: "value",
    fix,
  });
};

/** The deprecated whole number of percent (`delay.percent`, `mirrorPercent`), in parts per million. */
export const wholePercent: Decoder<number> = (value, path, context) => {
  const whole = integer(0, 100)(value, path, context);
  return whole === undefined ? undefined : whole * 10_000;
};
