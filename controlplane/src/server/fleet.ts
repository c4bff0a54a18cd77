import { emptySnapshot, emptySnapshotSet } from "../snapshot/build.ts";
import type { SnapshotSet } from "../snapshot/build.ts";
import type { ProxySnapshot } from "../snapshot/types.ts";
import type { StreamFacts } from "../status/proxies.ts";
import type { DeltaResponse, StreamOptions, Verdict } from "../xds/types.ts";
import type { Connection, ConnectionOwner } from "./connection.ts";
import type { NodeInfo } from "./wire.ts";

/** What the control plane wants to hear about. */
export interface FleetListener {
  sent(response: DeltaResponse): void;
  answered(proxyId: string, verdict: Verdict): void;
  settled(proxyId: string): void;
  connected(proxyId: string, known: boolean): void;
  disconnected(proxyId: string): void;
}

/** All connected Envoys, by proxy id, and the snapshots that they should have. */
export class Fleet implements ConnectionOwner {
  readonly streamOptions: Partial<StreamOptions>;
  /** Newest last. One id can have several while an Envoy restarts; all get the same. */
  readonly #connections = new Map<string, Connection[]>();
  readonly #listener: FleetListener;
  #snapshots: SnapshotSet = emptySnapshotSet;

  constructor(listener: FleetListener, streamOptions: Partial<StreamOptions> = {}) {
    this.#listener = listener;
    this.streamOptions = streamOptions;
  }

  /** Monotonic milliseconds, so that a change of the machine's clock disturbs no waiting. */
  now(): number {
    return performance.now();
  }

  get snapshots(): SnapshotSet {
    return this.#snapshots;
  }

  get size(): number {
    return [...this.#connections.values()].reduce((sum, each) => sum + each.length, 0);
  }

  isConnected(proxyId: string): boolean {
    return this.#connections.has(proxyId);
  }

  /** Gives every connected Envoy its new snapshot; costs nothing for those whose snapshot is the same object. */
  update(snapshots: SnapshotSet): void {
    const before = this.#snapshots;
    this.#snapshots = snapshots;
    for (const [id, connections] of this.#connections) {
      const snapshot = this.#snapshotOf(id);
      if (snapshot === before.byProxy.get(id)) continue;
      for (const connection of connections) connection.push(snapshot);
    }
  }

  /** The newest stream of each proxy. */
  facts(): Map<string, StreamFacts> {
    const facts = new Map<string, StreamFacts>();
    for (const [id, connections] of this.#connections) {
      const newest = connections.at(-1);
      if (newest?.state === undefined) continue;
      const { state, connectedSince, lastAck, node } = newest;
      const acked = lastAck === undefined ? {} : { lastAck };
      facts.set(id, { state, connectedSince, ...acked, envoyVersion: node?.envoyVersion ?? "" });
    }
    return facts;
  }

  connected(connection: Connection, { proxyId }: NodeInfo): ProxySnapshot {
    const connections = this.#connections.get(proxyId) ?? [];
    this.#connections.set(proxyId, [...connections, connection]);
    this.#listener.connected(proxyId, this.#snapshots.byProxy.has(proxyId));
    return this.#snapshotOf(proxyId);
  }

  sent(response: DeltaResponse): void {
    this.#listener.sent(response);
  }

  answered({ node }: Connection, verdict: Verdict): void {
    if (node !== undefined) this.#listener.answered(node.proxyId, verdict);
  }

  settled(connection: Connection): void {
    const id = connection.node?.proxyId;
    if (id !== undefined && this.#connections.get(id)?.at(-1) === connection) this.#listener.settled(id);
  }

  closed(connection: Connection): void {
    const id = connection.node?.proxyId;
    if (id === undefined) return;
    const others = (this.#connections.get(id) ?? []).filter((each) => each !== connection);
    if (others.length > 0) {
      this.#connections.set(id, others);
      return;
    }
    this.#connections.delete(id);
    this.#listener.disconnected(id);
  }

  /** Ends all streams; the Envoys keep what they have and try to reconnect. */
  closeAll(): void {
    for (const connection of [...this.#connections.values()].flat()) connection.close();
  }

  #snapshotOf(proxyId: string): ProxySnapshot {
    return this.#snapshots.byProxy.get(proxyId) ?? emptySnapshot(proxyId);
  }
}
