import type { ServiceEntry } from "../../model/kinds/service-entry.ts";
import { nameOf, type Found, type Inventory } from "../inventory.ts";
import { plainAt, plainList } from "../plain.ts";

/** Ports by which a client cannot tell services apart, and ports that two entries describe differently. */
export function checkServiceEntries(inventory: Inventory): readonly Found[] {
  const { serviceEntries } = inventory.lists;
  return [...serviceEntries.flatMap((entry) => withoutAddress(entry, inventory)), ...conflicts(serviceEntries)];
}

/** Istio tells TCP services apart by address alone. A sidecar of ours has a port for each, so this is for Istio's sake. */
function withoutAddress({ ref, ports }: ServiceEntry, { itemOf }: Inventory): Found[] {
  const addresses = plainList(plainAt(itemOf(ref)?.spec, "addresses"));
  if (ref.kind !== "ServiceEntry" || addresses.length > 0) return [];
  const index = ports.findIndex(({ protocol }) => protocol === "TCP");
  if (index < 0) return [];
  const port = ports[index];
  return [
    {
      code: "IST0134",
      object: ref,
      field: `spec.ports[${index}]`,
      message: `in Istio the TCP port ${port?.number} of an entry without addresses takes the traffic of every address with this port`,
      fix: "add addresses: [IP]",
    },
  ];
}

function conflicts(entries: readonly ServiceEntry[]): Found[] {
  const first = new Map<string, { readonly entry: ServiceEntry; readonly protocol: string }>();
  return entries.flatMap((entry) =>
    entry.hosts.flatMap((host) =>
      entry.ports.flatMap(({ number, protocol }, index): Found[] => {
        const key = `${host}:${number}`;
        const earlier = first.get(key);
        if (earlier === undefined) first.set(key, { entry, protocol });
        if (earlier === undefined || earlier.protocol === protocol) return [];
        return [
          {
            code: "IST0177",
            object: entry.ref,
            field: `spec.ports[${index}].protocol`,
            message: `${key} is ${protocol} here and ${earlier.protocol} in ${nameOf(earlier.entry.ref)}`,
            fix: `write protocol: ${earlier.protocol} in both, or use another port`,
          },
        ];
      }),
    ),
  );
}
