import { Status } from "../abi/enums";
import {
  proxy_dequeue_shared_queue,
  proxy_enqueue_shared_queue,
  proxy_register_shared_queue,
  proxy_resolve_shared_queue,
} from "../abi/imports";
import { NUMBER_SLOT } from "../http/slots";
import { addressOf, lengthOf, noteStatus, resultOf, resultView } from "../http/status";
import { Bytes } from "../wire/bytes";

/**
 * A queue between VMs, first in first out. Like `HeaderMap`, the object is only the queue's number in the type system:
 * it may be kept in a field. (spec: Shared queues)
 */
@unmanaged
export class SharedQueue {
  /** Makes a queue of this VM's `vm_id`, or finds it; its plugin then gets `onQueueReady`. Null when the host refuses. */
  static register(name: Bytes): SharedQueue | null {
    return queueOf(proxy_register_shared_queue(name.ptr, name.length, NUMBER_SLOT));
  }

  /** Finds a queue that another VM has registered; null when there is none. */
  static resolve(vmId: Bytes, name: Bytes): SharedQueue | null {
    return queueOf(proxy_resolve_shared_queue(vmId.ptr, vmId.length, name.ptr, name.length, NUMBER_SLOT));
  }

  /** The queue of a number, such as `onQueueReady` gets. */
  static of(id: u32): SharedQueue {
    return changetype<SharedQueue>(<usize>id);
  }

  get id(): u32 {
    return <u32>changetype<usize>(this);
  }

  enqueue(value: Bytes): Status {
    return proxy_enqueue_shared_queue(this.id, value.ptr, value.length);
  }

  /** Takes the oldest value, as a view; null when the queue is empty (`lastStatus()` is then Empty). */
  dequeue(): Bytes | null {
    const value = resultView();
    return resultOf(proxy_dequeue_shared_queue(this.id, addressOf(value), lengthOf(value)), value);
  }
}

function queueOf(status: Status): SharedQueue | null {
  noteStatus(status);
  return status == Status.Ok ? SharedQueue.of(load<u32>(NUMBER_SLOT)) : null;
}
