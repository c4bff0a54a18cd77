import { selects } from "../../model/lookup/selector.ts";
import type { ServiceEntry } from "../../model/kinds/service-entry.ts";
import type { Labels, ServicePort } from "../../model/types.ts";
import { nameOf, type Found, type Inventory } from "../inventory.ts";
import { plainAt, plainLabels, plainList } from "../plain.ts";

/** Something that services select: a WorkloadEntry, or what a Deployment makes. */
interface Backend {
  readonly name: string;
  readonly namespace: string;
  readonly labels: Labels;
  readonly ports: Readonly<Record<string, number>>;
}

interface ServedPort {
  readonly entry: ServiceEntry;
  readonly port: ServicePort;
  /** The program's own port: its number, or the name that the Deployment has for it. */
  readonly target: string;
}

/**
 * Two services that lead to the same port of one program and do not agree about it: its sidecar has one listener for the
 * port, which is the first service's.
 */
export function checkSharedPorts(inventory: Inventory): readonly Found[] {
  const { serviceEntries } = inventory.lists;
  const told = new Set<string>();
  return backends(inventory).flatMap((backend) => {
    const ports = serviceEntries.filter((entry) => isBehind(entry, backend)).flatMap((entry) => served(entry, backend));
    const groups = Map.groupBy(ports, ({ target }) => target);
    return [...groups.values()].flatMap(([first, ...others]) =>
      others.flatMap((other) => {
        if (first === undefined) return [];
        const key = [first, other].map(({ entry, port }) => `${nameOf(entry.ref)} ${port.number}`).join();
        if (told.has(key)) return [];
        told.add(key);
        return disagreements(first, other, backend, inventory);
      }),
    );
  });
}

function backends({ lists, items }: Inventory): Backend[] {
  const deployments = items("Deployment").map(({ ref, spec }) => ({
    name: `Deployment ${ref.name}`,
    namespace: ref.namespace,
    labels: plainLabels(plainAt(spec, "template", "metadata", "labels")),
    ports: {},
  }));
  return [...lists.workloads.map((workload) => ({ ...workload, name: `workload ${workload.name}` })), ...deployments];
}

function isBehind({ ref, workloadSelector }: ServiceEntry, { namespace, labels }: Backend): boolean {
  if (workloadSelector === undefined || Object.keys(workloadSelector).length === 0) return false;
  return ref.namespace === namespace && selects(workloadSelector, labels);
}

function served(entry: ServiceEntry, { ports }: Backend): ServedPort[] {
  return entry.ports.map((port) => {
    const named = port.targetPortName ?? port.name;
    const own = Object.hasOwn(ports, named) ? ports[named] : undefined;
    return { entry, port, target: String(own ?? port.targetPort ?? port.targetPortName ?? port.number) };
  });
}

function disagreements(first: ServedPort, other: ServedPort, backend: Backend, inventory: Inventory): Found[] {
  const place = { object: other.entry.ref, field: `spec.ports[${indexOf(other, inventory)}]` };
  const { name } = backend;
  const earlier = nameOf(first.entry.ref);
  const protocols = [first.port.protocol, other.port.protocol];
  if (protocols[0] !== protocols[1]) {
    const message = `port ${other.target} of the ${name} is ${protocols[1]} here and ${protocols[0]} in ${earlier}: only one of them holds`;
    return [{ code: "IST0116", ...place, message, fix: `write ${protocols[0]} in both, or use another port` }];
  }
  if (first.port.number === other.port.number || first.entry === other.entry) return [];
  const message = `it leads to port ${other.target} of the ${name} from ${other.port.number}, ${earlier} from ${first.port.number}: both count as the latter`;
  return [{ code: "IST0137", ...place, message, fix: `use port ${first.port.number} in both, or two target ports` }];
}

/** Among the ports as they are written: what the model has left out counts, too. */
function indexOf({ entry, port }: ServedPort, { itemOf }: Inventory): number {
  const written = plainList(plainAt(itemOf(entry.ref)?.spec, "ports"));
  return written.findIndex((one) => Number(plainAt(one, "number") ?? plainAt(one, "port")) === port.number);
}
