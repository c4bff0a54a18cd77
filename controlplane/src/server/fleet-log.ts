import type { ObjectRef } from "../model/types.ts";
import { kindOf, SHORT_NAMES } from "../snapshot/kinds.ts";
import type { EncodedResource } from "../snapshot/types.ts";
import { placeOf } from "../status/proxies.ts";
import type { Verdict } from "../xds/types.ts";
import type { FleetListener } from "./fleet.ts";
import { logEvent } from "./log-event.ts";
import type { LogEvents } from "./log-event.ts";
import type { Metrics } from "./metrics.ts";
import type { FinishedRollout, Rollouts } from "./rollout.ts";
import { printable } from "./wire.ts";

/** What the log of the fleet writes to and looks at. */
export interface FleetLogOptions {
  readonly log: (line: string) => void;
  readonly events?: LogEvents | undefined;
  readonly metrics: Metrics;
  readonly rollouts: Rollouts;
  /** Something happened that a status shows. */
  readonly changed: () => void;
  /** What is set aside has to be kept over a restart. */
  readonly quarantined: () => void;
}

/** Unknown ids are remembered so that each is logged once; not more of them than this. */
const maxUnknown = 1000;

/** Counts and logs what happens to the streams. */
export function fleetLog({ log, events, metrics, rollouts, changed, quarantined }: FleetLogOptions): FleetListener {
  const unknown = new Set<string>();
  const settle = (proxyId: string): void => {
    changed();
    for (const finished of rollouts.settled(proxyId, performance.now())) {
      metrics.convergence.observe(finished.milliseconds / 1000);
      log(describe(finished));
      logEvent(events, "info", "applied", { ...finished });
    }
  };
  return {
    sent(_proxyId, { typeUrl, resources, sotw }, milliseconds) {
      const labels = { type: typeName(typeUrl) };
      const size = sizeOf(sotw?.resources ?? resources);
      metrics.pushes.add(1, labels);
      metrics.pushTime.observe(milliseconds / 1000, labels);
      metrics.configSize.observe(size, labels);
      metrics.sentBytes.add(size, labels);
    },
    flushed: (_proxyId, _response, milliseconds) => metrics.sendTime.observe(milliseconds / 1000),
    answered(proxyId, verdict) {
      const { rejection, retried, typeUrl } = verdict;
      if (rejection === undefined || retried) return;
      changed();
      metrics.rejects.add(1, { type: typeName(typeUrl) });
      if (kindOf(typeUrl) === "secret") metrics.certificateErrors.add(1);
      rollouts.rejected(proxyId);
      log(describeRejection(proxyId, verdict, rejection));
      logEvent(events, "warning", "rejected", {
        proxy: proxyId,
        type: typeName(typeUrl),
        resources: rejection.resources.map(({ name }) => name),
        message: printable(rejection.message),
        objects: originsOf(rejection.resources).map(placeOf),
      });
    },
    stale: (_proxyId, typeUrl) => metrics.expiredNonce.add(1, { type: typeName(typeUrl) }),
    settled: settle,
    queued: (milliseconds) => metrics.queueTime.observe(milliseconds / 1000),
    quarantined() {
      metrics.triggers.add(1, { type: "quarantine" });
      quarantined();
    },
    connected(proxyId, known) {
      changed();
      logEvent(events, "info", "connected", { proxy: proxyId, known });
      if (known || unknown.has(proxyId) || unknown.size >= maxUnknown) return;
      unknown.add(proxyId);
      log(
        `warning: an Envoy is connected as ${proxyId}, which no WorkloadEntry or Gateway names; it gets an empty configuration`,
      );
    },
    disconnected(proxyId) {
      logEvent(events, "info", "disconnected", { proxy: proxyId });
      settle(proxyId);
    },
  };
}

function typeName(typeUrl: string): string {
  const kind = kindOf(typeUrl);
  return kind === undefined ? "other" : SHORT_NAMES[kind];
}

function sizeOf(resources: readonly EncodedResource[]): number {
  return resources.reduce((sum, { value }) => sum + value.length, 0);
}

function describe({ label, proxies, rejected, milliseconds }: FinishedRollout): string {
  const time = `${Math.round(milliseconds)} ms to last ACK`;
  const bad = rejected === 0 ? "" : `, ${rejected} rejected it`;
  return `applied: ${label} → ${proxies} ${proxies === 1 ? "proxy" : "proxies"}, ${time}${bad}`;
}

function describeRejection(
  proxyId: string,
  { typeUrl }: Verdict,
  { message, resources }: NonNullable<Verdict["rejection"]>,
): string {
  const names = resources.map(({ name }) => name);
  const what = `${kindOf(typeUrl) ?? typeUrl} ${names.length === 0 ? "(not known yet which one)" : names.join(", ")}`;
  const places = originsOf(resources).map(placeText);
  const from = places.length === 0 ? "" : `\n  made from ${places.join("\n  made from ")}`;
  const aside =
    names.length === 0 ? "" : "\n  set aside: it gets the last version that was accepted, as do others of its kind";
  return `rejected by ${proxyId}: ${what}\n  Envoy says: ${printable(message)}${from}${aside}`;
}

function originsOf(resources: readonly EncodedResource[]): ObjectRef[] {
  const byPlace = new Map(resources.flatMap(({ origins }) => origins).map((origin) => [placeText(origin), origin]));
  return [...byPlace.values()];
}

function placeText({ kind, namespace, name, position }: ObjectRef): string {
  return `${kind} ${namespace}/${name} (${position.file}:${position.line})`;
}
