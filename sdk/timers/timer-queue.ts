import { IdTable } from "../wire/id-table";

/** One timer that has not fired. It is used again, never freed. */
@unmanaged
export class Timer {
  id: u32;
  /** The host's number for the context that set it. */
  owner: u32;
  tag: u32;
  /** Nanoseconds on the host's clock. */
  deadline: u64;
  /** Where it stands in the heap. */
  place: i32;
  /** The next free object. */
  next: Timer | null;
}

const FIRST_CAPACITY: i32 = 16;

let lastId: u32 = 0;
let free: Timer | null = null;

/**
 * The timers of one plugin, the one that is due first in front: a binary heap, and a table to cancel by number. In
 * steady state a timer allocates nothing.
 */
@unmanaged
export class TimerQueue {
  /** Addresses of timers. */
  private places: usize;
  private capacity: i32;
  private count: i32;
  private byId: IdTable;

  static create(): TimerQueue {
    const queue = changetype<TimerQueue>(heap.alloc(offsetof<TimerQueue>()));
    queue.places = heap.alloc(<usize>FIRST_CAPACITY * sizeof<usize>());
    queue.capacity = FIRST_CAPACITY;
    queue.count = 0;
    queue.byId = IdTable.create();
    return queue;
  }

  /** When the first timer is due; `u64.MAX_VALUE` when there is none. */
  get firstDeadline(): u64 {
    return this.count ? this.at(0).deadline : u64.MAX_VALUE;
  }

  /** Adds a timer and answers its number. */
  add(deadline: u64, owner: u32, tag: u32): u32 {
    let timer = free;
    if (timer) free = timer.next;
    else timer = changetype<Timer>(heap.alloc(offsetof<Timer>()));
    if (!++lastId) ++lastId;
    timer.id = lastId;
    timer.owner = owner;
    timer.tag = tag;
    timer.deadline = deadline;
    timer.next = null;
    if (this.count == this.capacity) this.grow();
    this.byId.set(timer.id, changetype<usize>(timer));
    this.rise(this.count++, timer);
    return timer.id;
  }

  /** Takes the first timer if it is due; null when none is. Give it back with `release()`. */
  takeDue(now: u64): Timer | null {
    if (this.firstDeadline > now) return null;
    const timer = this.at(0);
    this.byId.take(timer.id);
    this.removeAt(0);
    return timer;
  }

  /** Takes a timer out; false when there is none of this number that belongs to `owner`. */
  cancel(id: u32, owner: u32): bool {
    const timer = changetype<Timer | null>(this.byId.get(id));
    if (!timer || timer.owner != owner) return false;
    this.byId.take(id);
    this.removeAt(timer.place);
    this.release(timer);
    return true;
  }

  /** Gives a timer back, when what it says has been read. */
  release(timer: Timer): void {
    timer.next = free;
    free = timer;
  }

  /** Gives the queue's memory back, and its timers; it must not be used again. */
  free(): void {
    for (let place = 0; place < this.count; ++place) this.release(this.at(place));
    this.byId.free();
    heap.free(this.places);
    heap.free(changetype<usize>(this));
  }

  private at(place: i32): Timer {
    return changetype<Timer>(load<usize>(this.places + <usize>place * sizeof<usize>()));
  }

  private put(place: i32, timer: Timer): void {
    store<usize>(this.places + <usize>place * sizeof<usize>(), changetype<usize>(timer));
    timer.place = place;
  }

  private removeAt(place: i32): void {
    const last = this.at(--this.count);
    if (place == this.count) return;
    this.sink(place, last);
    this.rise(last.place, last);
  }

  /** Puts a timer at a place or, while it is due before what is above, higher. */
  private rise(place: i32, timer: Timer): void {
    while (place > 0) {
      const above = (place - 1) >> 1;
      const other = this.at(above);
      if (other.deadline <= timer.deadline) break;
      this.put(place, other);
      place = above;
    }
    this.put(place, timer);
  }

  /** Puts a timer at a place or, while something below is due before it, lower. */
  private sink(place: i32, timer: Timer): void {
    while (true) {
      let below = place * 2 + 1;
      if (below >= this.count) break;
      if (below + 1 < this.count && this.at(below + 1).deadline < this.at(below).deadline) ++below;
      const other = this.at(below);
      if (other.deadline >= timer.deadline) break;
      this.put(place, other);
      place = below;
    }
    this.put(place, timer);
  }

  private grow(): void {
    this.capacity *= 2;
    const places = heap.alloc(<usize>this.capacity * sizeof<usize>());
    memory.copy(places, this.places, <usize>this.count * sizeof<usize>());
    heap.free(this.places);
    this.places = places;
  }
}
