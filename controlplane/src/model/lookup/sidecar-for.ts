import type { Sidecar, Workload } from "../types.ts";
import { selects } from "./selector.ts";

/** Istio: the Sidecar that picks the workload, then one of its namespace, then one of the root namespace. */
export function sidecarFor(all: readonly Sidecar[], workload: Workload, rootNamespace: string): Sidecar | undefined {
  const own = all.filter(({ ref }) => ref.namespace === workload.namespace);
  return (
    own.find((one) => !isWide(one) && selects(one.selector, workload.labels)) ??
    own.find(isWide) ??
    all.find((one) => one.ref.namespace === rootNamespace && isWide(one))
  );
}

function isWide({ selector }: Sidecar): boolean {
  return Object.keys(selector).length === 0;
}
