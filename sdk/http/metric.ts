import { MetricType, Status } from "../abi/enums";
import { proxy_define_metric, proxy_get_metric, proxy_increment_metric, proxy_record_metric } from "../abi/imports";
import { Bytes } from "../wire/bytes";
import { NUMBER_SLOT } from "./slots";
import { noteStatus } from "./status";

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
  noteStatus(status);
  return status == Status.Ok ? load<u64>(NUMBER_SLOT) : missing;
}

/**
 * What only goes up. Like `HeaderMap`, the object is only the metric's number in the type system: it may be kept in a
 * field. One that the host refused can be used; each use answers the host's error. (spec: Metrics)
 */
@unmanaged
export class Counter {
  /** Defines it, or finds the one of this name. Not at top level: `onConfigure` is the place. */
  static define(name: Bytes): Counter {
    return changetype<Counter>(<usize>defineMetric(MetricType.Counter, name));
  }

  get isDefined(): bool {
    return changetype<usize>(this) != 0;
  }

  /** Adds `by`, which must be more than 0. */
  increment(by: i64 = 1): Status {
    return incrementMetric(<u32>changetype<usize>(this), by);
  }

  /** The sum so far, of all worker threads; `missing` when the host has none. */
  value(missing: u64 = 0): u64 {
    return metricValue(<u32>changetype<usize>(this), missing);
  }
}

/** What goes up and down. */
@unmanaged
export class Gauge {
  static define(name: Bytes): Gauge {
    return changetype<Gauge>(<usize>defineMetric(MetricType.Gauge, name));
  }

  get isDefined(): bool {
    return changetype<usize>(this) != 0;
  }

  set(value: u64): Status {
    return recordMetric(<u32>changetype<usize>(this), value);
  }

  /** `by` may be negative. */
  add(by: i64): Status {
    return incrementMetric(<u32>changetype<usize>(this), by);
  }

  value(missing: u64 = 0): u64 {
    return metricValue(<u32>changetype<usize>(this), missing);
  }
}

/** A distribution of samples. Its values cannot be read back. */
@unmanaged
export class Histogram {
  static define(name: Bytes): Histogram {
    return changetype<Histogram>(<usize>defineMetric(MetricType.Histogram, name));
  }

  get isDefined(): bool {
    return changetype<usize>(this) != 0;
  }

  record(value: u64): Status {
    return recordMetric(<u32>changetype<usize>(this), value);
  }
}
