import { emptySnapshot, emptySnapshotSet } from "../snapshot/build.ts";
import type { SnapshotSet } from "../snapshot/build.ts";
import { Quarantine } from "../snapshot/quarantine.ts";
import type { EncodedResource, ProxySnapshot } from "../snapshot/types.ts";
import type { StreamFacts } from "../status/proxies.ts";
import type { DiscoveryResponse, StreamOptions, Verdict } from "../xds/types.ts";
import { Admission, defaultAdmissionOptions } from "./admission.ts";
import type { AdmissionOptions } from "./admission.ts";
import type { Connection, ConnectionOwner } from "./connection.ts";
import { PushQueue } from "./push-queue.ts";
import type { NodeInfo } from "./wire.ts";

/** What the control plane wants to hear about. */
export interface FleetListener {
  /** A response was made and handed over to be sent, which took so long. */
  sent(proxyId: string, response: DiscoveryResponse, milliseconds: number): void;
  /** It has left this process, so long after it was handed over. */
  flushed(proxyId: string, response: DiscoveryResponse, milliseconds: number): void;
  answered(proxyId: string, verdict: Verdict): void;
  stale(proxyId: string, typeUrl: string): void;
  settled(proxyId: string): void;
  connected(proxyId: string, known: boolean): void;
  disconnected(proxyId: string): void;
  /** A push has waited this long for its turn. */
  queued(milliseconds: number): void;
  /** What is set aside has changed: it has to be kept over a restart. */
  quarantined(): void;
}

/** How the fleet treats its streams. */
export interface FleetOptions {
  readonly streams?: Partial<StreamOptions>;
  readonly admission?: Partial<AdmissionOptions>;
  readonly quarantine?: Quarantine;
}

/** How often is looked whether something that is set aside is due for another try. */
const retryEveryMs = 1000;

/** All connected Envoys, by proxy id, and the snapshots that they should have. */
export class Fleet implements ConnectionOwner {
  readonly streamOptions: Partial<StreamOptions>;
  readonly quarantine: Quarantine;
  /** Newest last. One id can have several: one for each type, or an old one while an Envoy restarts. */
  readonly #connections = new Map<string, Connection[]>();
  readonly #listener: FleetListener;
  readonly #admission: Admission;
  readonly #pushes: PushQueue<Connection>;
  readonly #retries: NodeJS.Timeout;
  #snapshots: SnapshotSet = emptySnapshotSet;

  constructor(listener: FleetListener, options: FleetOptions = {}) {
    this.#listener = listener;
    this.streamOptions = options.streams ?? {};
    this.quarantine = options.quarantine ?? new Quarantine();
    this.#admission = new Admission({ ...defaultAdmissionOptions, ...options.admission }, () => this.now());
    this.#pushes = new PushQueue((connection, waited) => {
      listener.queued(waited);
      this.#push(connection);
    });
    this.#retries = setInterval(() => this.#retry(), retryEveryMs);
    this.#retries.unref();
  }

  /** Monotonic milliseconds, so that a change of the machine's clock disturbs no waiting. */
  now(): number {
    return performance.now();
  }

  /** What the mesh wants, before anything is set aside. */
  get snapshots(): SnapshotSet {
    return this.#snapshots;
  }

  get size(): number {
    return this.#connections.size;
  }

  isConnected(proxyId: string): boolean {
    return this.#connections.has(proxyId);
  }

  /** Gives every connected Envoy its new snapshot; costs nothing for those whose snapshot is the same object. */
  update(snapshots: SnapshotSet): void {
    this.#snapshots = snapshots;
    const before = this.quarantine.rejections.length;
    this.quarantine.use(snapshots);
    if (this.quarantine.rejections.length !== before) this.#listener.quarantined();
    this.#refresh();
  }

  /** Per proxy, what its streams have come to; of one proxy, if it is named. */
  facts(only?: string): Map<string, StreamFacts> {
    const facts = new Map<string, StreamFacts>();
    const of = only === undefined ? this.#connections : [[only, this.#connections.get(only) ?? []] as const];
    for (const [id, connections] of of) {
      const now = current(connections);
      const newest = now[0];
      if (newest?.node === undefined) continue;
      const acks = now.flatMap(({ lastAck }) => (lastAck === undefined ? [] : [lastAck])).toSorted();
      const lastAck = acks.at(-1);
      facts.set(id, {
        states: now.flatMap(({ state }) => (state === undefined ? [] : [state])),
        connectedSince: newest.connectedSince,
        ...(lastAck === undefined ? {} : { lastAck }),
        nodeId: newest.node.nodeId,
        metadata: newest.node.metadata,
        envoyVersion: newest.node.envoyVersion,
        proxyClass: newest.node.proxyClass,
      });
    }
    return facts;
  }

  admit(enter: () => void): () => void {
    return this.#admission.request(enter);
  }

  connected(connection: Connection, { proxyId }: NodeInfo): ProxySnapshot {
    const connections = this.#connections.get(proxyId);
    if (connections === undefined) {
      this.#connections.set(proxyId, [connection]);
      this.#listener.connected(proxyId, this.#snapshots.byProxy.has(proxyId));
    } else {
      connections.push(connection);
    }
    return this.#wanted(connection) ?? emptySnapshot(proxyId);
  }

  sent({ node }: Connection, response: DiscoveryResponse, milliseconds: number): void {
    if (node !== undefined) this.#listener.sent(node.proxyId, response, milliseconds);
  }

  flushed({ node }: Connection, response: DiscoveryResponse, milliseconds: number): void {
    if (node !== undefined) this.#listener.flushed(node.proxyId, response, milliseconds);
  }

  stale({ node }: Connection, typeUrl: string): void {
    if (node !== undefined) this.#listener.stale(node.proxyId, typeUrl);
  }

  held({ node }: Connection, resources: readonly EncodedResource[]): void {
    if (node !== undefined && this.quarantine.accepted(node.proxyId, node.proxyClass, resources)) this.#requarantine();
  }

  answered({ node }: Connection, verdict: Verdict): void {
    if (node === undefined) return;
    const { proxyId, proxyClass } = node;
    const { accepted, rejection } = verdict;
    let changed = this.quarantine.accepted(proxyId, proxyClass, accepted);
    if (rejection !== undefined) {
      const refused = this.quarantine.rejected(proxyId, proxyClass, rejection.resources, rejection.message);
      changed ||= refused;
    }
    this.#listener.answered(proxyId, verdict);
    if (changed) this.#requarantine();
  }

  settled(connection: Connection): void {
    const id = connection.node?.proxyId;
    if (id === undefined) return;
    const now = current(this.#connections.get(id) ?? []);
    if (!now.every((each) => each.isSettled && !this.#pushes.has(each))) return;
    this.quarantine.settled(id);
    this.#listener.settled(id);
  }

  closed(connection: Connection): void {
    this.#pushes.delete(connection);
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
    this.#admission.close();
    clearInterval(this.#retries);
    for (const connection of [...this.#connections.values()].flat()) connection.close();
  }

  #retry(): void {
    if (this.quarantine.retry(this.now(), (proxy) => this.#connections.has(proxy))) this.#refresh();
  }

  #requarantine(): void {
    this.#listener.quarantined();
    this.#refresh();
  }

  #refresh(): void {
    for (const connections of this.#connections.values()) {
      for (const connection of connections) {
        if (this.#wanted(connection) !== undefined) this.#pushes.add(connection, this.now());
      }
    }
    this.#pushes.run();
  }

  /** What a connection should work towards if that is not what it does already. */
  #wanted({ node, snapshot }: Connection): ProxySnapshot | undefined {
    if (node === undefined) return undefined;
    const { proxyId, proxyClass } = node;
    const wanted = this.quarantine.effective(proxyId, proxyClass);
    if (wanted !== undefined) return wanted === snapshot ? undefined : wanted;
    const empty = emptySnapshot(proxyId);
    return snapshot?.resources === empty.resources ? undefined : empty;
  }

  #push(connection: Connection): void {
    const wanted = this.#wanted(connection);
    if (wanted !== undefined) connection.push(wanted);
    else if (connection.isSettled) this.settled(connection);
  }
}

/** The newest aggregated stream, or the newest of each type; newest first. */
function current(connections: readonly Connection[]): Connection[] {
  const types = new Set<string | undefined>();
  return connections.toReversed().filter(({ variant: { typeUrl } }) => {
    const isNewest = !types.has(typeUrl);
    types.add(typeUrl);
    return isNewest;
  });
}
