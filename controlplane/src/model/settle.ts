import type { Candidate } from "./candidates.ts";
import { checkReferences } from "./check-references.ts";
import type { Diagnostic } from "./diagnostic.ts";
import type { Declared } from "./kinds/decode-object.ts";
import { objectsOf } from "./objects-of.ts";
import type { ObjectRef } from "./types.ts";
import { isSameText, type Version } from "./version.ts";
import { buildWorld, type World } from "./world.ts";

export type ObjectState = "applied" | "kept" | "refused";

/** What became of a candidate: `version` is the one in the mesh, absent when it was refused. */
export interface Settled {
  readonly candidate: Candidate;
  readonly state: ObjectState;
  readonly version: Version | undefined;
}

export interface Settlement {
  readonly settled: readonly Settled[];
  readonly diagnostics: readonly Diagnostic[];
}

/**
 * Chooses the version of every object. What others refer to is chosen first and needs no one; then whatever refers to
 * it, so that one pass reaches the end.
 */
export function settle(candidates: readonly Candidate[]): Settlement {
  const diagnostics: Diagnostic[] = [];
  const entries = settleServiceEntries(candidates.filter(declaresHosts), diagnostics);
  const plain = candidates
    .filter((candidate) => !declaresHosts(candidate) && !isKind("VirtualService")(candidate))
    .map(settlePlain);
  const routing = Map.groupBy(candidates.filter(isKind("VirtualService")), isDelegate);
  // Delegates before those that delegate to them: a delegate itself cannot delegate.
  const world = worldOf([...entries, ...plain]);
  const delegates = settleAll(routing.get(true) ?? [], world, diagnostics);
  const whole = delegates.length === 0 ? world : worldOf([...entries, ...plain, ...delegates]);
  const roots = settleAll(routing.get(false) ?? [], whole, diagnostics);
  return { settled: [...entries, ...plain, ...delegates, ...roots], diagnostics };
}

function settleAll(candidates: readonly Candidate[], world: World, diagnostics: Diagnostic[]): Settled[] {
  return candidates.map((candidate) => settleReferring(candidate, world, diagnostics));
}

/** A VirtualService without hosts, as the files have it now. */
function isDelegate({ next, last }: Candidate): boolean {
  const declared = (next ?? last)?.declared;
  return declared?.kind === "VirtualService" && declared.object.hosts.length === 0;
}

/** Kubernetes' Services are service entries of another form. */
function declaresHosts({ ref }: Candidate): boolean {
  return ref.kind === "ServiceEntry" || ref.kind === "Service";
}

function isKind(kind: Declared["kind"]): (candidate: Candidate) => boolean {
  return (candidate) => candidate.ref.kind === kind;
}

function settlePlain(candidate: Candidate): Settled {
  const { next, last } = candidate;
  if (next !== undefined) return { candidate, state: "applied", version: next };
  return { candidate, state: last === undefined ? "refused" : "kept", version: last };
}

/**
 * A host belongs to one ServiceEntry. What is unchanged is served first, so that a new file cannot take a host away
 * from an object that works.
 */
function settleServiceEntries(candidates: readonly Candidate[], diagnostics: Diagnostic[]): Settled[] {
  const owners = new Map<string, ObjectRef>();
  const order = [...candidates.filter(isUnchanged), ...candidates.filter((candidate) => !isUnchanged(candidate))];
  return order.map((candidate): Settled => {
    const { next, last } = candidate;
    for (const version of [next, last]) {
      const conflict = version === undefined ? undefined : hostConflict(version, owners);
      if (version === undefined) continue;
      if (conflict === undefined) {
        for (const host of hostsOf(version)) owners.set(host, version.object.ref);
        return { candidate, state: version === next ? "applied" : "kept", version };
      }
      if (version === next) diagnostics.push(conflict);
    }
    return { candidate, state: "refused", version: undefined };
  });
}

function isUnchanged({ next, last }: Candidate): boolean {
  return next !== undefined && last !== undefined && isSameText(next, last);
}

function hostsOf(version: Version): readonly string[] {
  return version.declared.kind === "ServiceEntry" ? version.declared.object.hosts : [];
}

function hostConflict(version: Version, owners: ReadonlyMap<string, ObjectRef>): Diagnostic | undefined {
  const host = hostsOf(version).find((one) => owners.has(one));
  const owner = owners.get(host ?? "");
  if (host === undefined || owner === undefined) return undefined;
  const { ref } = version.object;
  const message = `the host ${host} already belongs to ${owner.kind} ${owner.namespace}/${owner.name} at ${owner.position.file}:${owner.position.line}`;
  return {
    severity: "error",
    code: "SLU0006",
    position: ref.position,
    object: ref,
    field: `spec.hosts[${hostsOf(version).indexOf(host)}]`,
    message,
    fix: "give each host to one ServiceEntry",
  };
}

function isError({ severity }: Diagnostic): boolean {
  return severity === "error";
}

function worldOf(settled: readonly Settled[]): World {
  const declared = settled.flatMap(({ version }) => (version === undefined ? [] : [version.declared]));
  const { serviceEntries, destinationRules, gateways, virtualServices } = objectsOf(declared);
  return buildWorld(serviceEntries, destinationRules, gateways, virtualServices);
}

/**
 * A new version that refers to what is not there is refused as long as the version before is still fine. When that one
 * is broken too, because something else vanished, there is nothing better than what the user wrote.
 */
function settleReferring(candidate: Candidate, world: World, diagnostics: Diagnostic[]): Settled {
  const { next, last } = candidate;
  if (next === undefined) return settlePlain(candidate);
  const problems = checkReferences(next.object, world);
  diagnostics.push(...problems);
  if (!problems.some(isError)) return { candidate, state: "applied", version: next };
  if (last === undefined) return { candidate, state: "refused", version: undefined };
  const lastIsFine = !checkReferences(last.object, world).some(isError);
  return { candidate, state: lastIsFine ? "kept" : "applied", version: lastIsFine ? last : next };
}
