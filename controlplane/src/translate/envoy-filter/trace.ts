import { didYouMean, listAllowed, nearest } from "../../model/suggestion.ts";
import type { ConfigPatch, EnvoyFilter, MatchPart } from "../../model/envoy-filter.ts";
import type { Diagnostic } from "../../model/diagnostic.ts";
import type { Position } from "../../model/types.ts";
import { FIELDS, impossibleIn, proxyFix, wantedOf } from "./describe-miss.ts";

/** From the outside to the inside: the part that is looked at after others have been found. */
const DEPTH: Readonly<Record<MatchPart, number>> = {
  proxy: 0,
  listener: 1,
  routeConfiguration: 1,
  cluster: 1,
  listenerFilter: 2,
  filterChain: 2,
  vhost: 2,
  filter: 3,
  route: 3,
  subFilter: 4,
};

/** More names than a message can tell. */
const MAX_NAMES = 1000;

/** One patch of an EnvoyFilter while it is applied: whether it changed anything, else how far it came. */
export class Trace {
  readonly filter: EnvoyFilter;
  readonly patch: ConfigPatch;
  readonly #index: number;
  #isHit = false;
  #missed: { readonly part: MatchPart; readonly known: Set<string> } | undefined;

  constructor(filter: EnvoyFilter, index: number, patch: ConfigPatch) {
    this.filter = filter;
    this.patch = patch;
    this.#index = index;
  }

  hit(): void {
    this.#isHit = true;
  }

  /** A part of the match was looked for, and only these were there. */
  miss(part: MatchPart, known: Iterable<string>): void {
    if (this.#isHit) return;
    if (this.#missed === undefined || DEPTH[part] > DEPTH[this.#missed.part]) this.#missed = { part, known: new Set() };
    if (DEPTH[part] < DEPTH[this.#missed.part]) return;
    for (const name of known) {
      if (this.#missed.known.size >= MAX_NAMES) break;
      if (name !== "") this.#missed.known.add(name);
    }
  }

  /** A warning where the patch changed nothing at all. `elsewhere`: the namespace of a proxy that it would be for. */
  diagnostic(elsewhere?: string): Diagnostic | undefined {
    if (this.#isHit) return undefined;
    const impossible = impossibleIn(this.patch);
    if (impossible !== undefined) return this.#warning(this.patch.position, ".patch", impossible);
    const { part, known } = this.#missed ?? { part: "proxy" as const, known: new Set<string>() };
    const wanted = wantedOf(this.patch, part);
    const names = [...known].toSorted();
    const near = wanted.name === undefined ? undefined : nearest(wanted.name, names);
    const fix = part === "proxy" ? proxyFix(this.patch, elsewhere) : didYouMean(wanted.name ?? "", names);
    const shown = near === undefined ? names : [near, ...names.filter((name) => name !== near)];
    return this.#warning(this.patch.places[part], FIELDS[part], wanted.text, {
      ...(shown.length === 0 ? {} : { allowed: listAllowed(shown, 12) }),
      ...(fix === undefined ? {} : { fix }),
    });
  }

  #warning(position: Position, field: string, text: string, help: Help = {}): Diagnostic {
    return {
      severity: "warning",
      code: "SLU0012",
      position,
      object: this.filter.ref,
      field: `spec.configPatches[${this.#index}]${field}`,
      message: `the patch changes nothing: ${text}`,
      ...help,
    };
  }
}

type Help = Pick<Diagnostic, "allowed" | "fix">;
