import { selects } from "../../model/lookup/selector.ts";
import type { Telemetry } from "../../model/types.ts";
import { nameOf, type Found, type Inventory, type Item } from "../inventory.ts";
import { plainAt, plainList, plainText, type Plain } from "../plain.ts";

/** Telemetries that compete for a workload, and those that name a provider that nobody has configured. */
export function checkTelemetries(inventory: Inventory): readonly Found[] {
  const byNamespace = Map.groupBy(inventory.lists.telemetries, ({ ref }) => ref.namespace);
  return [
    ...[...byNamespace].flatMap(([namespace, telemetries]) => overlapping(namespace, telemetries, inventory)),
    ...inventory.items("Telemetry").flatMap((item) => unknownProviders(item, inventory)),
  ];
}

function overlapping(namespace: string, telemetries: readonly Telemetry[], { mesh }: Inventory): Found[] {
  const selecting = telemetries.filter(({ selector }) => Object.keys(selector).length > 0);
  const workloads = mesh.proxies.map(({ workload }) => workload).filter((one) => one.namespace === namespace);
  return selecting.flatMap(({ ref, selector }, index) => {
    for (const earlier of selecting.slice(0, index)) {
      const both = workloads.find(({ labels }) => selects(selector, labels) && selects(earlier.selector, labels));
      if (both === undefined) continue;
      const message = `it and ${nameOf(earlier.ref)} both select the workload ${both.name}, for which only that one counts`;
      const fix = "make the selectors exclude each other";
      return [{ code: "IST0159", object: ref, field: "spec.selector", message, fix }];
    }
    return [];
  });
}

/** Istio has this one without any configuration. */
const BUILT_IN = ["prometheus", "stackdriver", "envoy"];

function unknownProviders({ ref, spec }: Item, { items }: Inventory): Found[] {
  const configured = items("MeshConfig").flatMap((config) => plainList(plainAt(config.spec, "extensionProviders")));
  const known = [...BUILT_IN, ...configured.map((provider) => plainText(plainAt(provider, "name")))];
  return ["metrics", "tracing", "accessLogging"].flatMap((section) =>
    plainList(plainAt(spec, section)).flatMap((entry, index) =>
      namesOf(entry).flatMap((name, at): Found[] =>
        known.includes(name)
          ? []
          : [
              {
                code: "IST0157",
                object: ref,
                field: `spec.${section}[${index}].providers[${at}].name`,
                message: `no extensionProvider of the mesh is called ${name}`,
                allowed: known.join(", "),
                fix: "add it to extensionProviders of the MeshConfig",
              },
            ],
      ),
    ),
  );
}

function namesOf(entry: Plain): string[] {
  return plainList(plainAt(entry, "providers")).map((provider) => plainText(plainAt(provider, "name")));
}
