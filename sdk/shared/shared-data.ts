import { Status } from "../abi/enums";
import { proxy_get_shared_data, proxy_set_shared_data } from "../abi/imports";
import { NUMBER_SLOT } from "../http/slots";
import { addressOf, lengthOf, noteStatus, resultView } from "../http/status";
import { allocate } from "../wire/arena";
import { Bytes } from "../wire/bytes";

/** How often `update` starts anew before it gives up. */
const MAX_ATTEMPTS: i32 = 64;

/** No value has this version: hosts count from 1. */
const NO_VERSION: u32 = u32.MAX_VALUE;

/** A value with the version that it had; a view. */
@unmanaged
export class SharedValue {
  value: Bytes;
  /** Give it to `set`, to write only if nobody else has written since. Never 0. */
  cas: u32;
}

/** What `SharedData.update` makes of a value. Keep one object and use it again: then an update allocates nothing. */
export abstract class Updater {
  /**
   * The next value, given the current one (null when there is none); null leaves it as it is. Called again, with a newer
   * value, when another worker was faster.
   */
  abstract next(current: Bytes | null): Bytes | null;
}

/**
 * Values by key that all VMs with the same `vm_id` share, in all of the proxy's worker threads. They live as long as
 * the proxy's process, and cannot be removed. (spec: Shared key-value store)
 */
@unmanaged
export class SharedData {
  /** The value and its version, as a view; null when there is none. */
  get(key: Bytes): SharedValue | null {
    const value = resultView();
    const status: Status = proxy_get_shared_data(key.ptr, key.length, addressOf(value), lengthOf(value), NUMBER_SLOT);
    noteStatus(status);
    if (status != Status.Ok) return null;
    const result = changetype<SharedValue>(allocate(offsetof<SharedValue>()));
    result.value = value;
    result.cas = load<u32>(NUMBER_SLOT);
    return result;
  }

  /**
   * Sets a value.
   * @param cas the version that must still be current, else CasMismatch; 0 writes in any case
   */
  set(key: Bytes, value: Bytes, cas: u32 = 0): Status {
    return proxy_set_shared_data(key.ptr, key.length, value.ptr, value.length, cas);
  }

  /**
   * Reads, asks `updater`, writes, and starts anew while others write in between: CasMismatch after 64 times.
   *
   * The ABI has no version for "none". Envoy takes any version for a key that has no value, and refuses a wrong one for a
   * key that has: so of two first writers one is asked again, too. A host that refuses both is asked to write in any case.
   */
  update(key: Bytes, updater: Updater): Status {
    let status: Status = Status.CasMismatch;
    let absent: u32 = NO_VERSION;
    for (let attempt = 0; attempt < MAX_ATTEMPTS && status == Status.CasMismatch; ++attempt) {
      const current = this.get(key);
      const next = updater.next(current ? current.value : null);
      if (!next) return Status.Ok;
      status = this.set(key, next, current ? current.cas : absent);
      // Refused, though there was none: either another was first, or the host has no such thing as a first writer.
      if (!current && status == Status.CasMismatch && !this.get(key)) absent = 0;
    }
    return status;
  }
}

/** The data that all workers and all VMs of the same vm_id share. */
export const sharedData: SharedData = changetype<SharedData>(0);
