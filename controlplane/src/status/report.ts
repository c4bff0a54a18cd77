import type { Diagnostic } from "../model/diagnostic.ts";
import type { ObjectRef, Proxy } from "../model/types.ts";
import type { Rejection } from "../snapshot/rejection.ts";
import type { SnapshotSet } from "../snapshot/build.ts";
import { objectStates } from "./objects.ts";
import { StatusMemory } from "./memory.ts";
import type { StreamFacts } from "./proxies.ts";
import type { StatusReport } from "./types.ts";

/** All that the status is made from. */
export interface StatusInput {
  /** What is set aside for a proxy, see the quarantine; of its class, or of any if its Envoy is not known. */
  readonly rejectionsOf?: (proxy: string, proxyClass?: string) => readonly Rejection[];
  readonly proxies: readonly Proxy[];
  readonly snapshots: SnapshotSet;
  /** The newest stream of each proxy id, also of ids that the mesh does not have. */
  readonly streams: ReadonlyMap<string, StreamFacts>;
  readonly objects: readonly { readonly ref: ObjectRef; readonly state: "applied" | "kept" | "refused" }[];
  readonly diagnostics: readonly Diagnostic[];
}

/** What each proxy and each of the user's objects has come to. With the same memory each time it costs what has happened since. */
export function report(input: StatusInput, memory = new StatusMemory()): StatusReport {
  const expected = new Set(input.proxies.map(({ id }) => id));
  const proxies = input.proxies.map((proxy) => {
    const stream = input.streams.get(proxy.id);
    const rejections = input.rejectionsOf?.(proxy.id, stream?.proxyClass) ?? [];
    return memory.of(proxy, input.snapshots.byProxy.get(proxy.id), stream, rejections);
  });
  memory.keep(expected);
  const unknown = [...input.streams].filter(([id]) => !expected.has(id));
  return {
    proxies,
    objects: objectStates(input.objects, proxies, memory.counts),
    diagnostics: input.diagnostics,
    unknown: unknown.map(([id, { connectedSince, envoyVersion }]) => ({
      id,
      connectedSince: connectedSince,
      envoyVersion,
    })),
  };
}
