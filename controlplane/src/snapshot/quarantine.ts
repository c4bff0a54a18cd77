import { KINDS } from "./kinds.ts";
import { changedNames, withOverrides } from "./layers.ts";
import { mentions, reachable } from "./references.ts";
import type { SnapshotSet } from "./build.ts";
import type { EncodedResource, ProxySnapshot, ResourceKind } from "./types.ts";

/** Bytes that an Envoy refused. */
export interface Rejection {
  /** Envoys that take and refuse alike: those of one version of Envoy. */
  readonly proxyClass: string;
  readonly resource: EncodedResource;
  /** Envoy's own words. */
  readonly message: string;
  /** Proxies that refused them. */
  readonly by: ReadonlySet<string>;
  /** Other proxies of the class took the same bytes, so it lies with those that refused, such as with a port taken there. */
  readonly local: boolean;
  /** What was accepted before; absent if nothing ever was. */
  readonly good?: EncodedResource;
  /** What `good` refers to, as it was then: it goes with it if the mesh no longer has it. */
  readonly companions: readonly EncodedResource[];
}

/** Rejections beyond this number are forgotten, oldest first; so are resources kept for a proxy that is not connected. */
const maxRejections = 1000;
const maxSuperseded = 10_000;
/** Versions of a resource that a proxy has not answered for yet: more are not kept. */
const maxUnanswered = 3;

type Versions = readonly [EncodedResource, ...EncodedResource[]];

const retryMs = 60_000;
const maxRetryMs = 16 * retryMs;

/**
 * Sets aside what Envoys refuse. The mesh says what is desired; what a proxy is given is `effective`: the same, but with
 * the last accepted version of each resource whose bytes are known to be refused by Envoys of its class, and with what that
 * version refers to. So an Envoy that starts while a bad revision is in the files runs what the others run.
 */
export class Quarantine {
  readonly #rejections = new Map<string, Rejection>();
  /** How often what was set aside has been given again, when to do it next, and to whom it is given now. */
  readonly #trials = new Map<string, { readonly times: number; readonly at: number; readonly proxy?: string }>();
  /** Per class, the bytes that one of its proxies has accepted. */
  readonly #accepted = new Map<string, WeakSet<Uint8Array>>();
  /**
   * Per proxy, resources that were changed or removed since it last had everything: the newest accepted version and after it
   * those that it has not answered for yet, since an Envoy runs a version some time before its word for it arrives.
   */
  readonly #superseded = new Map<string, Map<string, Versions>>();
  #desired: ReadonlyMap<string, ProxySnapshot> = new Map();
  /** Desired states that a proxy has asked for: only of these can an answer be on its way. */
  readonly #given = new WeakSet<ProxySnapshot>();
  #effective = new Map<string, { readonly desired: ProxySnapshot; readonly snapshot: ProxySnapshot }>();

  constructor(rejections: readonly Rejection[] = []) {
    for (const each of rejections) this.#rejections.set(keyOf(each.proxyClass, each.resource), each);
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
      if (old !== undefined && old !== snapshot) this.#remember(proxy, old, snapshot);
    }
    for (const proxy of this.#superseded.keys()) if (!byProxy.has(proxy)) this.#superseded.delete(proxy);
    if (this.#rejections.size === 0) return;
    for (const [key, { resource }] of this.#rejections) {
      if (!this.#isWanted(resource)) this.#rejections.delete(key);
    }
    this.#effective.clear();
  }

  /** A proxy took these. Returns whether that changes what it or others should get. */
  accepted(proxy: string, proxyClass: string, resources: readonly EncodedResource[]): boolean {
    let set = this.#accepted.get(proxyClass);
    if (set === undefined) {
      set = new WeakSet();
      this.#accepted.set(proxyClass, set);
    }
    let changed = false;
    for (const resource of resources) {
      set.add(resource.value);
      if (this.#rejections.size === 0) continue;
      const key = keyOf(proxyClass, resource);
      const rejection = this.#rejections.get(key);
      if (rejection === undefined || (rejection.local && !rejection.by.has(proxy))) continue;
      const by = new Set(rejection.by);
      by.delete(proxy);
      this.#trials.delete(key);
      if (by.size === 0) this.#rejections.delete(key);
      else this.#rejections.set(key, { ...rejection, by, local: true });
      changed = true;
    }
    if (changed) this.#effective.clear();
    return changed;
  }

  /** A proxy refused these. Returns whether that changes what it or others should get. */
  rejected(proxy: string, proxyClass: string, resources: readonly EncodedResource[], message: string): boolean {
    let changed = false;
    for (const resource of resources) {
      if (this.#desired.get(proxy)?.resources[resource.kind].get(resource.name)?.version !== resource.version) continue;
      const key = keyOf(proxyClass, resource);
      const known = this.#rejections.get(key);
      const local = this.#accepted.get(proxyClass)?.has(resource.value) === true;
      const by = new Set([...(known?.by ?? []), proxy]);
      const best = known?.good === undefined ? this.#lastGood(proxy, proxyClass, resource) : known;
      this.#rejections.set(key, { ...best, proxyClass, resource, message, by, local });
      const trial = this.#trials.get(key);
      if (trial?.proxy === proxy) this.#trials.set(key, { times: trial.times, at: trial.at });
      changed ||= known === undefined || local || trial?.proxy === proxy;
    }
    for (const key of [...this.#rejections.keys()].slice(0, -maxRejections)) this.#rejections.delete(key);
    if (changed) this.#effective.clear();
    return changed;
  }

  /**
   * What an Envoy refuses may lie outside of the bytes, such as a port that another program held: so it is given again to one
   * of those that refused it, which keeps running what it has, after a minute and then ever more rarely. Returns whether
   * there is something to give. `now` in milliseconds.
   */
  retry(now: number, isConnected: (proxy: string) => boolean): boolean {
    let changed = false;
    for (const [key, { by }] of this.#rejections) {
      const { times, at } = this.#trials.get(key) ?? { times: 0, at: now + retryMs };
      if (at > now) {
        if (times === 0) this.#trials.set(key, { times, at });
        continue;
      }
      const proxy = [...by].find(isConnected);
      this.#trials.set(key, {
        times: times + 1,
        at: now + Math.min(retryMs * 2 ** (times + 1), maxRetryMs),
        ...(proxy === undefined ? {} : { proxy }),
      });
      changed ||= proxy !== undefined;
    }
    for (const key of this.#trials.keys()) if (!this.#rejections.has(key)) this.#trials.delete(key);
    if (changed) this.#effective.clear();
    return changed;
  }

  /** The proxy has answered all that it was sent: what was before is no longer needed once what came after is accepted. */
  settled(proxy: string): void {
    const kept = this.#superseded.get(proxy);
    const desired = this.#desired.get(proxy);
    if (kept === undefined || desired === undefined || this.rejectionsOf(proxy).length > 0) return;
    for (const [{ kind, name }] of kept.values()) {
      const now = desired.resources[kind].get(name);
      if (now !== undefined && !this.#isAccepted(now)) return;
    }
    this.#superseded.delete(proxy);
  }

  /** What concerns a proxy; of its class, or of any if its Envoy is not known. */
  rejectionsOf(proxy: string, proxyClass?: string): readonly Rejection[] {
    const desired = this.#desired.get(proxy);
    if (desired === undefined || this.#rejections.size === 0) return [];
    return [...this.#rejections.values()].filter(
      ({ proxyClass: of, resource: { kind, name, version }, by, local }) =>
        (proxyClass === undefined || of === proxyClass) &&
        (!local || by.has(proxy)) &&
        desired.resources[kind].get(name)?.version === version,
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
      (each) => this.#trials.get(keyOf(each.proxyClass, each.resource))?.proxy !== proxy,
    );
    const snapshot = substitute(desired, rejections);
    this.#effective.set(key, { desired, snapshot });
    return snapshot;
  }

  #remember(proxy: string, old: ProxySnapshot, now: ProxySnapshot): void {
    let kept = this.#superseded.get(proxy);
    for (const kind of KINDS) {
      for (const name of changedNames(old.resources[kind], now.resources[kind])) {
        const resource = old.resources[kind].get(name);
        if (resource === undefined || !(this.#given.has(old) || this.#isAccepted(resource))) continue;
        kept ??= new Map();
        const key = `${kind}\0${name}`;
        kept.set(key, this.#versions(kept.get(key) ?? [], resource));
        if (!now.resources[kind].has(name) && this.#isAccepted(resource)) this.#accompany(proxy, resource);
      }
    }
    if (kept === undefined) return;
    for (const key of kept.keys()) {
      if (kept.size <= maxSuperseded) break;
      kept.delete(key);
    }
    this.#superseded.set(proxy, kept);
  }

  #versions(known: readonly EncodedResource[], newest: EncodedResource): Versions {
    if (this.#isAccepted(newest)) return [newest];
    const accepted = known.findLastIndex((each) => this.#isAccepted(each));
    const [first, ...rest] = known.slice(Math.max(accepted, 0));
    return first === undefined ? [newest] : [first, ...[...rest, newest].slice(-maxUnanswered)];
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

  #isAccepted({ value }: EncodedResource): boolean {
    return [...this.#accepted.values()].some((set) => set.has(value));
  }

  #lastGood(
    proxy: string,
    proxyClass: string,
    { kind, name }: EncodedResource,
  ): Pick<Rejection, "good" | "companions"> {
    const kept = this.#superseded.get(proxy);
    const accepted = (versions: readonly EncodedResource[] = []): EncodedResource | undefined =>
      versions.findLast((each) => this.#isAccepted(each));
    const good = accepted(kept?.get(`${kind}\0${name}`));
    if (kept === undefined || good === undefined || this.#rejections.has(keyOf(proxyClass, good)))
      return { companions: [] };
    const others = [...kept.values()].map(accepted).filter((each) => each !== undefined);
    return { good, companions: reachable(good, others) };
  }

  #isWanted({ kind, name, version }: EncodedResource): boolean {
    return [...this.#desired.values()].some(({ resources }) => resources[kind].get(name)?.version === version);
  }
}

function keyOf(proxyClass: string, { kind, name, version }: EncodedResource): string {
  return [proxyClass, kind, name, version].join("\0");
}

function substitute(desired: ProxySnapshot, rejections: readonly Rejection[]): ProxySnapshot {
  if (rejections.length === 0) return desired;
  const overrides = new Map<ResourceKind, Map<string, EncodedResource>>();
  const set = (resource: EncodedResource): void => {
    const of = overrides.get(resource.kind) ?? new Map<string, EncodedResource>();
    overrides.set(resource.kind, of.set(resource.name, resource));
  };
  for (const { resource, good, companions } of rejections) {
    // Another version than the refused one, so that it counts as a change when it is given again.
    set(good ?? { ...resource, version: "", withheld: true });
    for (const each of companions) if (!desired.resources[each.kind].has(each.name)) set(each);
  }
  const resources = { ...desired.resources };
  for (const [kind, layer] of overrides) resources[kind] = withOverrides(desired.resources[kind], layer);
  return { ...desired, resources };
}
