import { selects } from "../../model/lookup/selector.ts";
import type { ServiceEntry } from "../../model/kinds/service-entry.ts";
import type { Gateway, Labels } from "../../model/types.ts";
import { nameOf, type Found, type Inventory } from "../inventory.ts";
import { plainAt, plainLabels } from "../plain.ts";

/** A port of a Gateway that no Service of its workloads leads to: from outside of a cluster nobody reaches it. */
export function checkGatewayPorts(inventory: Inventory): readonly Found[] {
  return inventory.lists.gateways.flatMap((gateway) => unreachable(gateway, inventory));
}

function unreachable(gateway: Gateway, inventory: Inventory): Found[] {
  const labels = labelsOf(gateway, inventory);
  const services = inventory.lists.serviceEntries.filter((entry) => leadsTo(entry, gateway, labels));
  const open = new Set(services.flatMap(({ ports }) => ports.map(({ number, targetPort }) => targetPort ?? number)));
  // Without any Service the gateway is reached at its own address, as `sluice up` has it.
  if (services.length === 0) return [];
  const names = services.map(({ ref }) => nameOf(ref)).join(", ");
  return gateway.servers.flatMap(({ port: { number } }, index): Found[] =>
    open.has(number)
      ? []
      : [
          {
            code: "IST0162",
            object: gateway.ref,
            field: `spec.servers[${index}].port.number`,
            message: `port ${number} is none of those that lead to the gateway's workloads, by ${names}`,
            allowed: [...open].toSorted((a, b) => a - b).join(", "),
            fix: `add a port with targetPort: ${number} to the Service, or use one of its ports`,
          },
        ],
  );
}

/** Of all that runs the Gateway: WorkloadEntries, Deployments and Pods. */
function labelsOf({ selector }: Gateway, { lists, items }: Inventory): Labels[] {
  const all = [
    ...lists.workloads.map((workload) => workload.labels),
    ...items("Deployment").map(({ spec }) => plainLabels(plainAt(spec, "template", "metadata", "labels"))),
    ...items("Pod").map(({ labels }) => labels),
  ];
  return all.filter((labels) => Object.keys(labels).length > 0 && selects(selector, labels));
}

/** A Service with the labels of the Gateway, and perhaps more of them, leads to what runs it, wherever that is described. */
function leadsTo({ workloadSelector }: ServiceEntry, { selector }: Gateway, labels: readonly Labels[]): boolean {
  if (workloadSelector === undefined || Object.keys(workloadSelector).length === 0) return false;
  const isNarrower = Object.keys(selector).length > 0 && selects(selector, workloadSelector);
  return isNarrower || labels.some((one) => selects(workloadSelector, one));
}
