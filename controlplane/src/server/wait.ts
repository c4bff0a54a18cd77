import type { ProxyStatus, StatusReport } from "../status/types.ts";

/** What GET /wait waits for: everything, or what was made from one object. */
export interface WaitFilter {
  readonly kind?: string | undefined;
  readonly namespace?: string | undefined;
  readonly name?: string | undefined;
}

/** acked: all connected proxies run it; rejected: one refused it, which waiting does not change; timeout: neither. */
export interface WaitResult {
  readonly result: "acked" | "rejected" | "timeout";
  /** Proxies, or objects, that are not there yet, with the reason. */
  readonly pending: readonly { readonly name: string; readonly reason: string }[];
}

/** Calls its listeners when anything may have changed that a status shows. */
export class Changes {
  readonly #listeners = new Set<() => void>();

  announce(): void {
    for (const listener of this.#listeners) listener();
  }

  /** Resolves at the next announcement, or after a time; but not within `atLeastMs`, so that many make one. */
  async next(atLeastMs: number, atMostMs: number): Promise<void> {
    const pause = new Promise((resolve) => setTimeout(resolve, Math.min(atLeastMs, atMostMs)));
    await new Promise<void>((resolve) => {
      const timer = setTimeout(done, atMostMs);
      const listeners = this.#listeners;
      function done(): void {
        clearTimeout(timer);
        listeners.delete(done);
        resolve();
      }
      listeners.add(done);
    });
    await pause;
  }
}

/** Looks at the status whenever something changes until there is a result. */
export async function waitForAcks(
  status: () => StatusReport,
  changes: Changes,
  filter: WaitFilter,
  timeoutMs: number,
): Promise<WaitResult> {
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    const result = outcome(status(), filter);
    const left = deadline - performance.now();
    if (result.result !== "timeout" || left <= 0) return result;
    await changes.next(100, left);
  }
}

function outcome(report: StatusReport, filter: WaitFilter): WaitResult {
  const isAll = filter.kind === undefined && filter.namespace === undefined && filter.name === undefined;
  return isAll ? proxiesOutcome(report.proxies) : objectsOutcome(report, filter);
}

/** A proxy that is not connected cannot be waited for, so it does not count, unless none is connected. */
function proxiesOutcome(all: readonly ProxyStatus[]): WaitResult {
  const connected = all.filter((each) => each.connected);
  const proxies = connected.length === 0 ? all : connected;
  const late = proxies.filter(({ state }) => state !== "SYNCED");
  const pending = late.map(({ id, state, reason, rejected }) => ({
    name: id,
    reason: reason ?? rejected[0]?.message ?? state,
  }));
  if (late.some(({ state }) => state === "REJECTED")) return { result: "rejected", pending };
  return { result: late.length === 0 ? "acked" : "timeout", pending };
}

function objectsOutcome({ objects }: StatusReport, { kind, namespace, name }: WaitFilter): WaitResult {
  const asked = objects.filter(
    (each) =>
      (kind === undefined || each.kind.toLowerCase() === kind.toLowerCase()) &&
      (namespace === undefined || each.namespace === namespace) &&
      (name === undefined || each.name === name),
  );
  if (asked.length === 0) {
    return {
      result: "timeout",
      pending: [
        { name: [kind, namespace, name].filter((part) => part !== undefined).join("/"), reason: "no such object" },
      ],
    };
  }
  const late = asked.filter(({ state, proxies }) => state !== "applied" || proxies.acked < proxies.total);
  const pending = late.map((each) => ({
    name: `${each.kind} ${each.namespace}/${each.name}`,
    reason:
      each.state === "applied"
        ? (each.rejections?.[0]?.message ?? `acknowledged by ${each.proxies.acked} of ${each.proxies.total} proxies`)
        : `${each.state}: the file has an error`,
  }));
  const isRejected = late.some(({ state, proxies }) => state !== "applied" || proxies.rejected > 0);
  return { result: late.length === 0 ? "acked" : isRejected ? "rejected" : "timeout", pending };
}
