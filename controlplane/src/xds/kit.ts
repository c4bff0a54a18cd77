import { emptySnapshot } from "../snapshot/build.ts";
import { KINDS, TYPE_URLS } from "../snapshot/kinds.ts";
import type { EncodedResource, ProxySnapshot, ResourceKind, ResourceTable } from "../snapshot/types.ts";
import { step } from "./machine.ts";
import { createStream } from "./state.ts";
import type { StreamState } from "./state.ts";
import type { DeltaRequest, DiscoveryResponse, Effects, SotwRequest, StreamOptions, StreamVariant } from "./types.ts";

/** For tests: resources written as kind to name to version; a cluster's endpoint resource has the cluster's name. */
export type Contents = Partial<Record<ResourceKind, Readonly<Record<string, string>>>>;

export function snapshotOf(contents: Contents): ProxySnapshot {
  const resources: Record<ResourceKind, ResourceTable> = { ...emptySnapshot("p").resources };
  for (const kind of KINDS) {
    const named = Object.entries(contents[kind] ?? {});
    resources[kind] = new Map(named.map(([name, version]) => [name, resourceOf(kind, name, version)]));
  }
  return { proxy: "p", resources };
}

export function resourceOf(kind: ResourceKind, name: string, version: string): EncodedResource {
  const value = new TextEncoder().encode(`${name}@${version}`);
  const endpoint = kind === "cluster" ? { endpoint: name } : {};
  return { kind, typeUrl: TYPE_URLS[kind], name, version, value, ...endpoint, origins: [] };
}

/** For tests: drives one stream by hand, with a clock of its own. */
export interface Driver {
  readonly state: StreamState;
  now: number;
  request(kindOrTypeUrl: string, request?: Partial<Omit<DeltaRequest, "typeUrl">>): Effects;
  /** A state-of-the-world request; its names stay those of later ACKs. */
  sotw(kindOrTypeUrl: string, request?: Partial<Omit<SotwRequest, "typeUrl">>): Effects;
  snapshot(contents: Contents): Effects;
  tick(afterMs: number): Effects;
  ack(response: DiscoveryResponse): Effects;
  nack(response: DiscoveryResponse, error: string): Effects;
}

export function drive(
  contents: Contents,
  options: Partial<StreamOptions> = {},
  variant: StreamVariant = { protocol: "delta" },
): Driver {
  const state = createStream(snapshotOf(contents), options, variant);
  const named = new Map<string, readonly string[]>();
  const driver: Driver = {
    state,
    now: 0,
    request(kindOrTypeUrl, request = {}) {
      const typeUrl = isKind(kindOrTypeUrl) ? TYPE_URLS[kindOrTypeUrl] : kindOrTypeUrl;
      const full = { typeUrl, subscribe: [], unsubscribe: [], initialVersions: {}, nonce: "", ...request };
      return step(state, { type: "request", request: full, now: driver.now });
    },
    sotw(kindOrTypeUrl, request = {}) {
      const typeUrl = isKind(kindOrTypeUrl) ? TYPE_URLS[kindOrTypeUrl] : kindOrTypeUrl;
      const names = request.names ?? named.get(typeUrl) ?? [];
      named.set(typeUrl, names);
      const full = { typeUrl, version: "", nonce: "", ...request, names };
      return step(state, { type: "sotw", request: full, now: driver.now });
    },
    snapshot: (next) => step(state, { type: "snapshot", snapshot: snapshotOf(next), now: driver.now }),
    tick(afterMs) {
      driver.now += afterMs;
      return step(state, { type: "tick", now: driver.now });
    },
    ack: ({ typeUrl, nonce, sotw }) =>
      sotw === undefined ? driver.request(typeUrl, { nonce }) : driver.sotw(typeUrl, { nonce, version: sotw.version }),
    nack: ({ typeUrl, nonce, sotw }, error) =>
      sotw === undefined ? driver.request(typeUrl, { nonce, error }) : driver.sotw(typeUrl, { nonce, error }),
  };
  return driver;
}

function isKind(text: string): text is ResourceKind {
  return Object.hasOwn(TYPE_URLS, text);
}

/** For tests: responses as text, such as `cluster +a@1 +b@1 -c`, or `cluster = a@1 b@1` of the state of the world. */
export function show({ responses }: Effects): string[] {
  return responses.map(({ typeUrl, resources, removed, sotw }) =>
    [
      KINDS.find((kind) => TYPE_URLS[kind] === typeUrl) ?? typeUrl,
      ...(sotw === undefined
        ? [...resources.map(({ name, version }) => `+${name}@${version}`), ...removed.map((name) => `-${name}`)]
        : ["=", ...sotw.resources.map(({ name, version }) => `${name}@${version}`)]),
    ].join(" "),
  );
}

/** For tests: acknowledges everything until nothing more comes, and shows all that was sent, from the first on. */
export function settle(driver: Driver, effects: Effects): string[] {
  const shown = show(effects);
  const queue = [...effects.responses];
  for (let response = queue.shift(); response !== undefined; response = queue.shift()) {
    const next = driver.ack(response);
    shown.push(...show(next));
    queue.push(...next.responses);
  }
  return shown;
}
