import { Status } from "../../abi/numbers.ts";
import { hostCall } from "../host-call.ts";

export const proxyGetCurrentTime = hostCall([], ["u64"], (vm) => [vm.world.now()]);

/** 0 switches ticks off. Whichever context asks, it is the plugin that ticks. */
export const proxySetTickPeriod = hostCall(["u32"], [], (vm, periodMs) => {
  const { root } = vm;
  if (root === undefined) return Status.BadArgument;
  root.tickPeriodMs = periodMs;
  root.nextTickNs = vm.world.now() + BigInt(periodMs) * 1_000_000n;
  return Status.Ok;
});
