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
  /** The other timers of the same owner, or the next free object. */
  before: Timer | null;
  after: Timer | null;
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
  /** The first timer of each context that has one. */
  private byOwner: IdTable;

  static create(): TimerQueue {
    const queue = changetype<TimerQueue>(heap.alloc(offsetof<TimerQueue>()));
    queue.places = heap.alloc(<usize>FIRST_CAPACITY * sizeof<usize>());
    queue.capacity = FIRST_CAPACITY;
    queue.count = 0;
    queue.byId = IdTable.create();
    queue.byOwner = IdTable.create();
    return queue;
  }

  /** When the first timer is due; `u64.MAX_VALUE` when there is none. */
  get firstDeadline(): u64 {
    return this.count ? this.at(0).deadline : u64.MAX_VALUE;
  }

  /** Adds a timer and answers its number. */
  add(deadline: u64, owner: u32, tag: u32): u32 {
    let timer = free;
    if (timer) free = timer.after;
    else timer = changetype<Timer>(heap.alloc(offsetof<Timer>()));
    if (!++lastId) ++lastId;
    timer.id = lastId;
    timer.owner = owner;
    timer.tag = tag;
    timer.deadline = deadline;
    if (this.count == this.capacity) this.grow();
    this.byId.set(timer.id, changetype<usize>(timer));
    this.link(timer);
    this.rise(this.count++, timer);
    return timer.id;
  }

  /** Takes the first timer if it is due; null when none is. Give it back with `release()`. */
  takeDue(now: u64): Timer | null {
    if (this.firstDeadline > now) return null;
    const timer = this.at(0);
    this.take(timer);
    return timer;
  }

  /** Takes a timer out; false when there is none of this number that belongs to `owner`. */
  cancel(id: u32, owner: u32): bool {
    const timer = changetype<Timer | null>(this.byId.get(id));
    if (!timer || timer.owner != owner) return false;
    this.take(timer);
    this.release(timer);
    return true;
  }

  /** Takes out all timers of an owner that is gone. */
  cancelAll(owner: u32): void {
    let timer = changetype<Timer | null>(this.byOwner.get(owner));
    while (timer) {
      const after = timer.after;
      this.take(timer);
      this.release(timer);
      timer = after;
    }
  }

  /** Gives a timer back, when what it says has been read. */
  release(timer: Timer): void {
    timer.after = free;
    free = timer;
  }

  /** Gives the queue's memory back, and its timers; it must not be used again. */
  free(): void {
    for (let place = 0; place < this.count; ++place) this.release(this.at(place));
    this.byId.free();
    this.byOwner.free();
    heap.free(this.places);
    heap.free(changetype<usize>(this));
  }

  private take(timer: Timer): void {
    this.byId.take(timer.id);
    this.unlink(timer);
    this.removeAt(timer.place);
  }

  /** Puts a timer in front of its owner's list. */
  private link(timer: Timer): void {
    const first = changetype<Timer | null>(this.byOwner.get(timer.owner));
    timer.before = null;
    timer.after = first;
    if (first) first.before = timer;
    this.byOwner.set(timer.owner, changetype<usize>(timer));
  }

  private unlink(timer: Timer): void {
    const before = timer.before;
    const after = timer.after;
    if (after) after.before = before;
    if (before) before.after = after;
    else if (after) this.byOwner.set(timer.owner, changetype<usize>(after));
    else this.byOwner.take(timer.owner);
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
