import type { Diagnostic } from "./diagnostic.ts";
import { covers } from "./lookup/host-match.ts";
import { selects } from "./lookup/selector.ts";
import { ROOT_NAMESPACE } from "./gateway-workload.ts";
import { inFileOrder } from "./lookup/file-order.ts";
import type { DestinationRule, Mesh, MeshObject, ObjectRef, Service, Telemetry, VirtualService } from "./types.ts";

/** What is valid and yet hardly meant, over the whole mesh: the warnings of Istio's analyzers as far as they apply. */
export function findDoubtful(mesh: Mesh): Diagnostic[] {
  const services = new Map(mesh.services.map((service) => [service.host, service]));
  return [
    ...mesh.destinationRules.flatMap((rule) => doubtfulRule(rule, mesh, services)),
    ...conflictingHosts(mesh.virtualServices),
    ...mesh.virtualServices.flatMap((service) => hostsOutsideGateways(service, mesh)),
    ...[...mesh.authorizationPolicies, ...mesh.telemetries].flatMap((policy) => selectsNothing(policy, mesh)),
    ...competingTelemetries(mesh.telemetries),
    ...sharedAddresses(mesh),
  ];
}

function warn(code: string, ref: ObjectRef, field: string, message: string): Diagnostic {
  return { severity: "warning", code, position: ref.position, object: ref, field, message };
}

function doubtfulRule(rule: DestinationRule, mesh: Mesh, services: ReadonlyMap<string, Service>): Diagnostic[] {
  const isWildcard = rule.host.startsWith("*");
  const matching = isWildcard
    ? mesh.services.filter((service) => covers(rule.host, service.host))
    : [services.get(rule.host)].filter((one) => one !== undefined);
  if (matching.length === 0)
    return [warn("IST0174", rule.ref, "spec.host", `spec.host: no ServiceEntry has the host ${rule.host}`)];
  return rule.subsets
    .filter(
      (subset) =>
        !matching.some((service) => service.endpoints.some((endpoint) => selects(subset.labels, endpoint.labels))),
    )
    .map((subset) =>
      warn(
        "IST0173",
        rule.ref,
        "spec.subsets",
        `spec.subsets: the subset "${subset.name}" selects no endpoint of ${rule.host}`,
      ),
    );
}

/** Sidecars take the first VirtualService of a host and never merge. */
function conflictingHosts(all: readonly VirtualService[]): Diagnostic[] {
  const first = new Map<string, ObjectRef>();
  const found: Diagnostic[] = [];
  for (const service of inFileOrder(all)) {
    for (const host of service.gateways.includes("mesh") ? service.hosts : []) {
      const other = first.get(host);
      if (other === undefined) first.set(host, service.ref);
      else
        found.push(
          warn(
            "IST0109",
            service.ref,
            "spec.hosts",
            `spec.hosts: sidecars take ${host} from VirtualService ${other.namespace}/${other.name}, not from this one`,
          ),
        );
    }
  }
  return found;
}

function hostsOutsideGateways(service: VirtualService, mesh: Mesh): Diagnostic[] {
  const names = service.gateways.filter((name) => name !== "mesh");
  const hosts = mesh.gateways
    .filter((gateway) => names.includes(`${gateway.ref.namespace}/${gateway.ref.name}`))
    .flatMap((gateway) => gateway.servers.flatMap((server) => server.hosts))
    .filter(({ namespace }) => namespace === "*" || namespace === service.ref.namespace);
  if (names.length === 0 || service.gateways.includes("mesh")) return [];
  return service.hosts
    .filter((host) => !hosts.some((one) => covers(one.host, host) || covers(host, one.host)))
    .map((host) => warn("IST0132", service.ref, "spec.hosts", `spec.hosts: none of its gateways serves ${host}`));
}

function selectsNothing(policy: MeshObject & { readonly selector: MeshObject["labels"] }, mesh: Mesh): Diagnostic[] {
  if (Object.keys(policy.selector).length === 0) return [];
  const inScope = mesh.proxies.filter(
    ({ workload }) => policy.ref.namespace === ROOT_NAMESPACE || workload.namespace === policy.ref.namespace,
  );
  if (inScope.some(({ workload }) => selects(policy.selector, workload.labels))) return [];
  return [warn("IST0127", policy.ref, "spec.selector", "spec.selector selects no workload")];
}

/** Of several Telemetries without a selector in one namespace, the first counts. */
function competingTelemetries(all: readonly Telemetry[]): Diagnostic[] {
  const wide = inFileOrder(all).filter((telemetry) => Object.keys(telemetry.selector).length === 0);
  return [...Map.groupBy(wide, (telemetry) => telemetry.ref.namespace).values()].flatMap(([first, ...rest]) =>
    rest.map((telemetry) =>
      warn(
        "IST0160",
        telemetry.ref,
        "spec.selector",
        `spec.selector: Telemetry ${first?.ref.name ?? ""} already applies to the whole namespace ${telemetry.ref.namespace}, so this one has no effect`,
      ),
    ),
  );
}

/** Two programs, or a program and a gateway, cannot listen at one place. */
function sharedAddresses(mesh: Mesh): Diagnostic[] {
  const first = new Map<string, ObjectRef>();
  const found: Diagnostic[] = [];
  for (const { workload, gateways } of mesh.proxies) {
    const ports = new Set([
      ...Object.values(workload.ports),
      ...gateways.flatMap((gateway) => gateway.servers.map((server) => server.port.number)),
    ]);
    for (const port of ports) {
      const place = `${workload.address} port ${port}`;
      const other = first.get(place);
      if (other === undefined) first.set(place, workload.ref);
      else
        found.push(
          warn(
            "SLU0008",
            workload.ref,
            "spec.ports",
            `spec.ports: ${place} is also used by ${other.kind} ${other.namespace}/${other.name}`,
          ),
        );
    }
  }
  return found;
}
