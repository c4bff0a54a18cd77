let used = false;

/** Whether a TCP context was ever made. In a module without one this is constant, and what serves them drops out of it. */
export function tcpUsed(): bool {
  return used;
}

export function noteTcp(): void {
  used = true;
}
