import { Accepted } from "./accepted.ts";
import type { SnapshotSet } from "./build.ts";
import { mentions, reachable } from "./references.ts";
import { rejectionKey } from "./rejection.ts";
import type { Rejection } from "./rejection.ts";
import { substitute } from "./substitute.ts";
import { Superseded } from "./superseded.ts";
import { Trials } from "./trials.ts";
import type { EncodedResource, ProxySnapshot } from "./types.ts";
import { resourceOf } from "./virtual-hosts.ts";

/** Rejections beyond this number are forgotten, oldest first. */
const maxRejections = 1000;

/**
 * Sets aside what Envoys refuse. The mesh says what is desired; what a proxy is given is `effective`: the same, but with
 * the last accepted version of each resource whose bytes are known to be refused by Envoys of its class, and with what that
 * version refers to. So an Envoy that starts while a bad revision is in the files runs what the others run.
 */
export class Quarantine {
  readonly #rejections = new Map<string, Rejection>();
  readonly #trials = new Trials();
  readonly #accepted = new Accepted();
  readonly #superseded = new Superseded((resource) => this.#accepted.has(resource));
  #desired: ReadonlyMap<string, ProxySnapshot> = new Map();
  /** Desired states that a proxy has asked for: only of these can an answer be on its way. */
  readonly #given = new WeakSet<ProxySnapshot>();
  readonly #effective = new Map<string, { readonly desired: ProxySnapshot; readonly snapshot: ProxySnapshot }>();

  constructor(rejections: readonly Rejection[] = []) {
    for (const each of rejections) this.#rejections.set(rejectionKey(each.proxyClass, each.resource), each);
  }

  /** What is set aside now, to be kept over a restart. */
  get rejections(): readonly Rejection[] {
    return [...this.#rejections.values()];
  }

  /** A new desired state. Rejections of what nobody wants any more are forgotten: if it comes back it is tried again. */
  use({ byProxy }: SnapshotSet): void {
    const before = this.#desired;
    this.#desired = byProxy;
    for (const [proxy, snapshot] of byProxy) {
      const old = before.get(proxy);
      if (old === undefined || old === snapshot) continue;
      const gone = this.#superseded.remember(proxy, old, snapshot, this.#given.has(old));
      for (const each of gone) this.#accompany(proxy, each);
    }
    this.#superseded.keepOnly(byProxy);
    if (this.#rejections.size === 0) return;
    for (const [key, { resource }] of this.#rejections) {
      if (!this.#isWanted(resource)) this.#rejections.delete(key);
    }
    this.#effective.clear();
  }

  /** A proxy took these. Returns whether that changes what it or others should get. */
  accepted(proxy: string, proxyClass: string, resources: readonly EncodedResource[]): boolean {
    let changed = false;
    for (const resource of resources) {
      this.#accepted.add(proxyClass, resource);
      if (this.#rejections.size > 0 && this.#absolve(proxy, proxyClass, resource)) changed = true;
    }
    if (changed) this.#effective.clear();
    return changed;
  }

  /** A proxy refused these. Returns whether that changes what it or others should get. */
  rejected(proxy: string, proxyClass: string, resources: readonly EncodedResource[], message: string): boolean {
    let changed = false;
    for (const resource of resources) {
      if (!this.#isDesired(proxy, resource)) continue;
      const key = rejectionKey(proxyClass, resource);
      const known = this.#rejections.get(key);
      const local = this.#accepted.has(resource, proxyClass);
      const by = new Set([...(known?.by ?? []), proxy]);
      const best = known?.good === undefined ? this.#lastGood(proxy, proxyClass, resource) : known;
      this.#rejections.set(key, { ...best, proxyClass, resource, message, by, local });
      const wasTrial = this.#trials.failed(key, proxy);
      changed ||= known === undefined || local || wasTrial;
    }
    for (const key of [...this.#rejections.keys()].slice(0, -maxRejections)) this.#rejections.delete(key);
    if (changed) this.#effective.clear();
    return changed;
  }

  /** Gives again what is due for it, see Trials. Returns whether there is something to give. `now` in milliseconds. */
  retry(now: number, isConnected: (proxy: string) => boolean): boolean {
    const candidates = new Map([...this.#rejections].map(([key, { by }]) => [key, by]));
    const began = this.#trials.start(candidates, now, isConnected);
    if (began) this.#effective.clear();
    return began;
  }

  /** The proxy has answered all that it was sent: what was before is no longer needed once what came after is accepted. */
  settled(proxy: string): void {
    const desired = this.#desired.get(proxy);
    if (desired === undefined || this.rejectionsOf(proxy).length > 0) return;
    for (const { kind, name } of this.#superseded.of(proxy)) {
      const now = desired.resources[kind].get(name);
      if (now !== undefined && !this.#accepted.has(now)) return;
    }
    this.#superseded.forget(proxy);
  }

  /** What concerns a proxy; of its class, or of any if its Envoy is not known. */
  rejectionsOf(proxy: string, proxyClass?: string): readonly Rejection[] {
    if (this.#rejections.size === 0) return [];
    return [...this.#rejections.values()].filter(
      ({ proxyClass: of, resource, by, local }) =>
        (proxyClass === undefined || of === proxyClass) &&
        (!local || by.has(proxy)) &&
        this.#isDesired(proxy, resource),
    );
  }

  /** What a proxy with an Envoy of this class is to be given; `undefined` for a proxy that is not desired. */
  effective(proxy: string, proxyClass: string): ProxySnapshot | undefined {
    const desired = this.#desired.get(proxy);
    if (desired === undefined) return undefined;
    this.#given.add(desired);
    if (this.#rejections.size === 0) return desired;
    const key = `${proxyClass}\0${proxy}`;
    const known = this.#effective.get(key);
    if (known?.desired === desired) return known.snapshot;
    const rejections = this.rejectionsOf(proxy, proxyClass).filter(
      (each) => !this.#trials.isOn(rejectionKey(each.proxyClass, each.resource), proxy),
    );
    const snapshot = substitute(desired, rejections);
    this.#effective.set(key, { desired, snapshot });
    return snapshot;
  }

  /** Returns whether the resource was set aside for the proxy: now it is so only for the others that refused it. */
  #absolve(proxy: string, proxyClass: string, resource: EncodedResource): boolean {
    const key = rejectionKey(proxyClass, resource);
    const rejection = this.#rejections.get(key);
    if (rejection === undefined || (rejection.local && !rejection.by.has(proxy))) return false;
    const by = new Set(rejection.by);
    by.delete(proxy);
    this.#trials.passed(key);
    if (by.size === 0) this.#rejections.delete(key);
    else this.#rejections.set(key, { ...rejection, by, local: true });
    return true;
  }

  /** What goes while a good version that refers to it stands in for a bad one stays with it. */
  #accompany(proxy: string, gone: EncodedResource): void {
    for (const [key, rejection] of this.#rejections) {
      const { good, companions } = rejection;
      if (good === undefined || !rejection.by.has(proxy) || companions.includes(gone)) continue;
      if (![good, ...companions].some((each) => mentions(each, gone))) continue;
      this.#rejections.set(key, { ...rejection, companions: [...companions, gone] });
    }
  }

  #lastGood(proxy: string, proxyClass: string, resource: EncodedResource): Pick<Rejection, "good" | "companions"> {
    const good = this.#superseded.lastGood(proxy, resource);
    if (good === undefined || this.#rejections.has(rejectionKey(proxyClass, good))) return { companions: [] };
    return { good, companions: reachable(good, this.#superseded.allGood(proxy)) };
  }

  #isDesired(proxy: string, { kind, name, version }: EncodedResource): boolean {
    const desired = this.#desired.get(proxy);
    return desired !== undefined && resourceOf(desired, kind, name)?.version === version;
  }

  #isWanted(resource: EncodedResource): boolean {
    return [...this.#desired.keys()].some((proxy) => this.#isDesired(proxy, resource));
  }
}
