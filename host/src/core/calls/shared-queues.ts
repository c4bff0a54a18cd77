import { toText } from "../../abi/bytes.ts";
import { Status } from "../../abi/numbers.ts";
import { hostCall } from "../host-call.ts";

/** The plugin that registers a queue last is told of its items, by proxy_on_queue_ready after the callback that put them. */
export const proxyRegisterSharedQueue = hostCall(["bytes"], ["u32"], (vm, name) => {
  const { root } = vm;
  if (root === undefined) return Status.BadArgument;
  const ready = (id: number): void => {
    if (vm.contexts.has(root.id)) vm.invoke(root, "proxy_on_queue_ready", [id]);
  };
  return [vm.world.queues.register(vm.vmId, toText(name), ready)];
});

/** No vm_id is the module's own. */
export const proxyResolveSharedQueue = hostCall(["bytes", "bytes"], ["u32"], (vm, vmId, name) => {
  const id = vm.world.queues.resolve(vmId.length === 0 ? vm.vmId : toText(vmId), toText(name));
  return id === undefined ? Status.NotFound : [id];
});

export const proxyEnqueueSharedQueue = hostCall(["u32", "bytes"], [], (vm, id, item) =>
  vm.world.queues.enqueue(id, item),
);

export const proxyDequeueSharedQueue = hostCall(["u32"], ["bytes"], (vm, id) => {
  const item = vm.world.queues.dequeue(id);
  return typeof item === "number" ? item : [item];
});
