import type { EncodedResource } from "./types.ts";

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

/** What a rejection is known by. */
export function rejectionKey(proxyClass: string, { kind, name, version }: EncodedResource): string {
  return [proxyClass, kind, name, version].join("\0");
}
