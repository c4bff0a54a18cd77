import { selects } from "../../model/lookup/selector.ts";
import type { Found, Inventory, Item } from "../inventory.ts";
import { plainAt, plainLabels } from "../plain.ts";

/** Where each kind that the model does not decode selects its workloads. */
const SELECTORS: Readonly<Record<string, readonly string[]>> = {
  Sidecar: ["workloadSelector", "labels"],
  EnvoyFilter: ["workloadSelector", "labels"],
  RequestAuthentication: ["selector", "matchLabels"],
  PeerAuthentication: ["selector", "matchLabels"],
  WasmPlugin: ["selector", "matchLabels"],
  TrafficExtension: ["selector", "matchLabels"],
  ProxyConfig: ["selector", "matchLabels"],
};

/** An object whose selector selects nothing does nothing. */
export function checkSelectors(inventory: Inventory): readonly Found[] {
  return Object.entries(SELECTORS).flatMap(([kind, path]) =>
    inventory.items(kind).flatMap((item) => (selectsSomething(item, path, inventory) ? [] : [nothing(item, path)])),
  );
}

function selectsSomething({ ref, spec }: Item, path: readonly string[], { mesh }: Inventory): boolean {
  const labels = plainLabels(plainAt(spec, ...path));
  if (Object.keys(labels).length === 0) return true;
  const everywhere = ref.namespace === mesh.config.rootNamespace;
  const workloads = [...mesh.workloads, ...mesh.proxies.map(({ workload }) => workload)];
  return workloads.some(
    (workload) => (everywhere || workload.namespace === ref.namespace) && selects(labels, workload.labels),
  );
}

function nothing({ ref, spec }: Item, path: readonly string[]): Found {
  const labels = Object.entries(plainLabels(plainAt(spec, ...path))).map(([name, value]) => `${name}: ${value}`);
  return {
    code: "IST0127",
    object: ref,
    field: `spec.${path.join(".")}`,
    message: `no workload has the labels ${labels.join(", ")}, so it has no effect`,
    fix: "correct the labels, or remove the object",
  };
}
