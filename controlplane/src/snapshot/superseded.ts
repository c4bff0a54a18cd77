import { KINDS } from "./kinds.ts";
import { changedNames } from "./layers.ts";
import type { EncodedResource, ProxySnapshot } from "./types.ts";

/** Resources kept for one proxy; beyond this number the oldest are forgotten. */
const maxSuperseded = 10_000;
/** Versions of a resource that a proxy has not answered for yet: more are not kept. */
const maxUnanswered = 3;

type Versions = readonly [EncodedResource, ...EncodedResource[]];
type IsAccepted = (resource: EncodedResource) => boolean;

/**
 * Per proxy, resources that were changed or removed since it last had everything: the newest accepted version and after it
 * those that it has not answered for yet, since an Envoy runs a version some time before its word for it arrives.
 */
export class Superseded {
  readonly #byProxy = new Map<string, Map<string, Versions>>();
  readonly #isAccepted: IsAccepted;

  constructor(isAccepted: IsAccepted) {
    this.#isAccepted = isAccepted;
  }

  /**
   * A proxy should have `now` in place of `old`; `wasGiven`: it may have been sent `old`, so that an answer is on its way.
   * Returns what was accepted and is gone.
   */
  remember(proxy: string, old: ProxySnapshot, now: ProxySnapshot, wasGiven: boolean): EncodedResource[] {
    let kept = this.#byProxy.get(proxy);
    const gone: EncodedResource[] = [];
    for (const kind of KINDS) {
      for (const name of changedNames(old.resources[kind], now.resources[kind])) {
        const resource = old.resources[kind].get(name);
        if (resource === undefined || !(wasGiven || this.#isAccepted(resource))) continue;
        kept ??= new Map();
        const key = `${kind}\0${name}`;
        kept.set(key, this.#versions(kept.get(key) ?? [], resource));
        if (!now.resources[kind].has(name) && this.#isAccepted(resource)) gone.push(resource);
      }
    }
    if (kept === undefined) return gone;
    for (const key of kept.keys()) {
      if (kept.size <= maxSuperseded) break;
      kept.delete(key);
    }
    this.#byProxy.set(proxy, kept);
    return gone;
  }

  /** The last accepted version of a resource of a proxy that is not the desired one any more. */
  lastGood(proxy: string, { kind, name }: EncodedResource): EncodedResource | undefined {
    return this.#acceptedOf(this.#byProxy.get(proxy)?.get(`${kind}\0${name}`));
  }

  /** All last accepted versions that are kept for a proxy. */
  allGood(proxy: string): EncodedResource[] {
    const kept = this.#byProxy.get(proxy)?.values() ?? [];
    return [...kept].map((versions) => this.#acceptedOf(versions)).filter((each) => each !== undefined);
  }

  /** The resources of which versions are kept for a proxy. */
  of(proxy: string): EncodedResource[] {
    return [...(this.#byProxy.get(proxy)?.values() ?? [])].map(([first]) => first);
  }

  forget(proxy: string): void {
    this.#byProxy.delete(proxy);
  }

  keepOnly(proxies: ReadonlyMap<string, unknown>): void {
    for (const proxy of this.#byProxy.keys()) if (!proxies.has(proxy)) this.#byProxy.delete(proxy);
  }

  #acceptedOf(versions: readonly EncodedResource[] = []): EncodedResource | undefined {
    return versions.findLast((each) => this.#isAccepted(each));
  }

  #versions(known: readonly EncodedResource[], newest: EncodedResource): Versions {
    if (this.#isAccepted(newest)) return [newest];
    const accepted = known.findLastIndex((each) => this.#isAccepted(each));
    const [first, ...rest] = known.slice(Math.max(accepted, 0));
    return first === undefined ? [newest] : [first, ...[...rest, newest].slice(-maxUnanswered)];
  }
}
