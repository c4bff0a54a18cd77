import { MetricType, Status } from "../abi/enums";
import { proxy_define_metric, proxy_get_metric, proxy_increment_metric, proxy_record_metric } from "../abi/imports";
import { Bytes } from "../wire/bytes";
import { NUMBER_SLOT } from "./slots";

/** A number for a metric of this name: the same for the same name. 0 when the host refuses it. Not at top level. */
export function defineMetric(type: MetricType, name: Bytes): u32 {
  const status: Status = proxy_define_metric(type, name.ptr, name.length, NUMBER_SLOT);
  return status == Status.Ok ? load<u32>(NUMBER_SLOT) : 0;
}

/** Counters and gauges. A counter only goes up: Envoy refuses a `delta` of 0 or less with BadArgument. */
export function incrementMetric(metric: u32, delta: i64): Status {
  return proxy_increment_metric(metric, delta);
}

/** Sets a gauge, gives a histogram a sample; on a counter it adds. */
export function recordMetric(metric: u32, value: u64): Status {
  return proxy_record_metric(metric, value);
}

/** The value of a counter or gauge; `missing` when the host has none. */
export function metricValue(metric: u32, missing: u64 = 0): u64 {
  const status: Status = proxy_get_metric(metric, NUMBER_SLOT);
  return status == Status.Ok ? load<u64>(NUMBER_SLOT) : missing;
}
