import { toText } from "../../abi/bytes.ts";
import { isOneOf, MetricType, Status } from "../../abi/numbers.ts";
import { hostCall } from "../host-call.ts";

export const proxyDefineMetric = hostCall(["u32", "bytes"], ["u32"], (vm, type, name) =>
  isOneOf(MetricType, type) ? [vm.world.metrics.define(type, toText(name))] : Status.BadArgument,
);

export const proxyIncrementMetric = hostCall(["u32", "i64"], [], (vm, id, delta) =>
  vm.world.metrics.increment(id, delta),
);

export const proxyRecordMetric = hostCall(["u32", "i64"], [], (vm, id, value) =>
  vm.world.metrics.record(id, BigInt.asUintN(64, value)),
);

export const proxyGetMetric = hostCall(["u32"], ["u64"], (vm, id) => {
  const value = vm.world.metrics.get(id);
  return typeof value === "bigint" ? [value] : value;
});
