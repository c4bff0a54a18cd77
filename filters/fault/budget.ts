const SECOND: u64 = 1_000_000_000;

/** How many faults of one FaultInjection a proxy has under way, and how many this second had. */
export class Budget {
  private active: u32 = 0;
  private second: u64 = 0;
  private count: u32 = 0;

  /** Whether one more fault is within the limits, 0 being none. It then counts as under way until `release`. */
  take(maxActive: u32, maxPerSecond: u32, nowNs: u64): bool {
    const second = nowNs / SECOND;
    if (second != this.second) {
      this.second = second;
      this.count = 0;
    }
    if (maxActive != 0 && this.active >= maxActive) return false;
    if (maxPerSecond != 0 && this.count >= maxPerSecond) return false;
    this.active++;
    this.count++;
    return true;
  }

  release(): void {
    if (this.active > 0) this.active--;
  }
}
