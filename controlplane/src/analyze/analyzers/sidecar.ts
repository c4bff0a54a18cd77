import { selects } from "../../model/lookup/selector.ts";
import { nameOf, type Found, type Inventory, type Item } from "../inventory.ts";
import { plainAt, plainLabels } from "../plain.ts";

/** A workload has one Sidecar: of those that select it, the first. */
export function checkSidecars(inventory: Inventory): readonly Found[] {
  const byNamespace = Map.groupBy(inventory.items("Sidecar"), ({ ref }) => ref.namespace);
  return [...byNamespace].flatMap(([namespace, sidecars]) =>
    overlapping(namespace, sidecars.filter(isSelecting), inventory),
  );
}

function isSelecting({ spec }: Item): boolean {
  return Object.keys(labelsOf(spec)).length > 0;
}

function labelsOf(spec: Item["spec"]): Readonly<Record<string, string>> {
  return plainLabels(plainAt(spec, "workloadSelector", "labels"));
}

function overlapping(namespace: string, sidecars: readonly Item[], { lists }: Inventory): Found[] {
  const workloads = lists.workloads.filter((workload) => workload.namespace === namespace);
  return sidecars.flatMap(({ ref, spec }, index) => {
    for (const earlier of sidecars.slice(0, index)) {
      const both = workloads.find(
        ({ labels }) => selects(labelsOf(spec), labels) && selects(labelsOf(earlier.spec), labels),
      );
      if (both === undefined) continue;
      const message = `it and ${nameOf(earlier.ref)} both select the workload ${both.name}, which can have one Sidecar`;
      const fix = "make the selectors exclude each other";
      return [{ code: "IST0110", object: ref, field: "spec.workloadSelector", message, fix }];
    }
    return [];
  });
}
