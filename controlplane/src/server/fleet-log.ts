import type { ObjectRef } from "../model/types.ts";
import { kindOf } from "../snapshot/kinds.ts";
import type { ProxySnapshot } from "../snapshot/types.ts";
import type { FleetListener } from "./fleet.ts";
import { countType, observeConvergence } from "./metrics.ts";
import type { Metrics } from "./metrics.ts";
import type { FinishedRollout, Rollouts } from "./rollout.ts";
import type { Verdict } from "../xds/types.ts";
import { printable } from "./wire.ts";

/** What the log of the fleet writes to and looks at. */
export interface FleetLogOptions {
  readonly log: (line: string) => void;
  readonly metrics: Metrics;
  readonly rollouts: Rollouts;
  readonly snapshotOf: (proxyId: string) => ProxySnapshot | undefined;
}

/** Unknown ids are remembered so that each is logged once; not more of them than this. */
const maxUnknown = 1000;

/** Counts and logs what happens to the streams. */
export function fleetLog({ log, metrics, rollouts, snapshotOf }: FleetLogOptions): FleetListener {
  const unknown = new Set<string>();
  const settle = (proxyId: string): void => {
    for (const finished of rollouts.settled(proxyId, performance.now())) {
      observeConvergence(metrics, finished.milliseconds);
      log(describe(finished));
    }
  };
  return {
    sent: ({ typeUrl }) => countType(metrics.pushes, typeUrl),
    answered(proxyId, verdict) {
      if (verdict.rejection === undefined || verdict.retried) return;
      countType(metrics.rejects, verdict.typeUrl);
      rollouts.rejected(proxyId);
      log(describeRejection(proxyId, verdict, verdict.rejection, snapshotOf(proxyId)));
    },
    settled: settle,
    connected(proxyId, known) {
      if (known || unknown.has(proxyId) || unknown.size >= maxUnknown) return;
      unknown.add(proxyId);
      log(
        `warning: an Envoy is connected as ${proxyId}, which no WorkloadEntry or Gateway names; it gets an empty configuration`,
      );
    },
    disconnected: settle,
  };
}

function describe({ label, proxies, rejected, milliseconds }: FinishedRollout): string {
  const time = `${Math.round(milliseconds)} ms to last ACK`;
  const bad = rejected === 0 ? "" : `, ${rejected} rejected it`;
  return `applied: ${label} → ${proxies} ${proxies === 1 ? "proxy" : "proxies"}, ${time}${bad}`;
}

function describeRejection(
  proxyId: string,
  { typeUrl }: Verdict,
  { message, names }: NonNullable<Verdict["rejection"]>,
  snapshot: ProxySnapshot | undefined,
): string {
  const kind = kindOf(typeUrl);
  const what = `${kind ?? typeUrl} ${names.length === 0 ? "(not known yet which one)" : names.join(", ")}`;
  const origins = names.flatMap((name) =>
    kind === undefined ? [] : (snapshot?.resources[kind].get(name)?.origins ?? []),
  );
  const places = [...new Set(origins.map(placeText))];
  const from = places.length === 0 ? "" : `\n  made from ${places.join("\n  made from ")}`;
  return `rejected by ${proxyId}: ${what}\n  Envoy says: ${printable(message)}${from}`;
}

function placeText({ kind, namespace, name, position }: ObjectRef): string {
  return `${kind} ${namespace}/${name} (${position.file}:${position.line})`;
}
