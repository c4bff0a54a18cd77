import { Status } from "../abi/numbers.ts";

/** A queue, and the plugin that hears of new items: the one that registered it. */
interface Queue {
  readonly id: number;
  readonly items: Uint8Array[];
  notify: () => void;
}

/** The queues of a host, known to all its VMs by vm_id and name. */
export class SharedQueues {
  readonly #byName = new Map<string, Queue>();
  readonly #byId = new Map<number, Queue>();
  readonly #later: (run: () => void) => void;

  /** @param later puts a notification off: a module is never called inside a host call */
  constructor(later: (run: () => void) => void) {
    this.#later = later;
  }

  /** Makes the queue, or takes it over: the last plugin that registered it is told of items. */
  register(vmId: string, name: string, notify: (id: number) => void): number {
    const key = `${vmId}\0${name}`;
    const id = this.#byName.get(key)?.id ?? this.#byId.size + 1;
    const queue = this.#byName.get(key) ?? { id, items: [], notify: () => {} };
    queue.notify = () => this.#later(() => notify(id));
    this.#byName.set(key, queue);
    this.#byId.set(id, queue);
    return id;
  }

  resolve(vmId: string, name: string): number | undefined {
    return this.#byName.get(`${vmId}\0${name}`)?.id;
  }

  enqueue(id: number, item: Uint8Array): Status {
    const queue = this.#byId.get(id);
    if (queue === undefined) return Status.NotFound;
    queue.items.push(item.slice());
    queue.notify();
    return Status.Ok;
  }

  dequeue(id: number): Uint8Array | Status {
    const queue = this.#byId.get(id);
    if (queue === undefined) return Status.NotFound;
    return queue.items.shift() ?? Status.Empty;
  }

  /** What waits in a queue; undefined when nobody registered it. */
  items(vmId: string, name: string): readonly Uint8Array[] | undefined {
    return this.#byName.get(`${vmId}\0${name}`)?.items;
  }
}
