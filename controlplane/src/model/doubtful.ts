import { doubtfulAuthorization } from "./doubtful-authorization.ts";
import { doubtfulTelemetry } from "./doubtful-telemetry.ts";
import type { Diagnostic } from "./diagnostic.ts";
import { doubtfulFaults } from "./doubtful-faults.ts";
import { doubtfulHeaders } from "./doubtful-headers.ts";
import { doubtfulGateways } from "./doubtful-gateways.ts";
import { doubtfulSubnets } from "./doubtful-subnets.ts";
import { doubtfulRuleSecrets } from "./doubtful-rules.ts";
import { unreachableDomains } from "./doubtful-domains.ts";
import { covers } from "./lookup/host-match.ts";
import { selects } from "./lookup/selector.ts";
import { listAllowed, nearest, nearestHost } from "./suggestion.ts";
import type {
  DestinationRule,
  Labels,
  Mesh,
  MeshObject,
  ObjectRef,
  Service,
  Sidecar,
  Telemetry,
  VirtualService,
} from "./types.ts";

/** What is valid and yet hardly meant, over the whole mesh: the warnings of Istio's analyzers as far as they apply. */
export function findDoubtful(mesh: Mesh): Diagnostic[] {
  const services = new Map(mesh.services.map((service) => [service.host, service]));
  return [
    ...mesh.destinationRules.flatMap((rule) => doubtfulRule(rule, mesh, services)),
    ...conflictingHosts(mesh.virtualServices),
    ...mesh.virtualServices.flatMap((service) => hostsOutsideGateways(service, mesh)),
    ...[...mesh.authorizationPolicies, ...mesh.requestAuthentications, ...mesh.telemetries].flatMap((policy) =>
      selectsNothing(policy, mesh),
    ),
    ...doubtfulAuthorization(mesh),
    ...doubtfulTelemetry(mesh),
    ...competingTelemetries(mesh.telemetries),
    ...[...mesh.faultInjections, ...mesh.headerPolicies].flatMap((policy) => selectsNothing(policy, mesh)),
    ...[...mesh.envoyFilters, ...mesh.proxyConfigs].flatMap((policy) => selectsNothing(policy, mesh)),
    ...doubtfulFaults(mesh),
    ...doubtfulHeaders(mesh),
    ...sharedAddresses(mesh),
    ...doubtfulGateways(mesh),
    ...doubtfulSubnets(mesh),
    ...doubtfulRuleSecrets(mesh),
    ...unreachableDomains(mesh),
    ...competingSidecars(mesh.sidecars),
  ];
}

type Help = Pick<Diagnostic, "allowed" | "fix">;

function warn(code: string, ref: ObjectRef, field: string, message: string, help: Help = {}): Diagnostic {
  return { severity: "warning", code, position: ref.position, object: ref, field, message, ...help };
}

function doubtfulRule(rule: DestinationRule, mesh: Mesh, services: ReadonlyMap<string, Service>): Diagnostic[] {
  const isWildcard = rule.host.startsWith("*");
  const matching = isWildcard
    ? mesh.services.filter((service) => covers(rule.host, service.host))
    : [services.get(rule.host)].filter((one) => one !== undefined);
  if (matching.length === 0) {
    const hosts = [...services.keys()];
    const near = nearestHost(rule.host, hosts);
    const help = { allowed: listAllowed(hosts, 12), ...(near === undefined ? {} : { fix: `did you mean "${near}"?` }) };
    return [warn("IST0174", rule.ref, "spec.host", `no ServiceEntry has the host ${rule.host}`, help)];
  }
  const endpoints = matching.flatMap((service) => service.endpoints);
  return rule.subsets.flatMap(({ name, labels }, index) =>
    endpoints.some((endpoint) => selects(labels, endpoint.labels))
      ? []
      : [
          warn(
            "IST0173",
            rule.ref,
            `spec.subsets[${index}]`,
            `the subset "${name}" selects no endpoint of ${rule.host}`,
            nearbyLabels(labels, endpoints),
          ),
        ],
  );
}

/** The values that the labels of a selector have where it selects nothing. */
function nearbyLabels(selector: Labels, labelled: readonly { readonly labels: Labels }[]): Help {
  for (const [label, wanted] of Object.entries(selector)) {
    const values = [
      ...new Set(labelled.flatMap(({ labels }) => (Object.hasOwn(labels, label) ? (labels[label] ?? []) : []))),
    ];
    if (values.includes(wanted)) continue;
    const near = nearest(wanted, values);
    const allowed = values.length === 0 ? `no workload has the label ${label}` : `${label}: ${listAllowed(values, 12)}`;
    return { allowed, ...(near === undefined ? {} : { fix: `did you mean ${label}: ${near}?` }) };
  }
  return {};
}

/** Sidecars take the first VirtualService of a host and never merge. */
function conflictingHosts(all: readonly VirtualService[]): Diagnostic[] {
  const first = new Map<string, ObjectRef>();
  const found: Diagnostic[] = [];
  for (const service of all) {
    if (!service.gateways.includes("mesh")) continue;
    for (const [index, host] of service.hosts.entries()) {
      // Two that different namespaces see do not compete.
      const key = JSON.stringify([host, service.exportTo]);
      const other = first.get(key);
      if (other === undefined) first.set(key, service.ref);
      else
        found.push(
          warn(
            "IST0109",
            service.ref,
            `spec.hosts[${index}]`,
            `sidecars take ${host} from VirtualService ${other.namespace}/${other.name}, not from this one`,
          ),
        );
    }
  }
  return found;
}

const byName = new WeakMap<Mesh["gateways"], ReadonlyMap<string, Mesh["gateways"]>>();

/** Looked up by each VirtualService, of which there may be as many as Gateways. */
function gatewaysByName({ gateways }: Mesh): ReadonlyMap<string, Mesh["gateways"]> {
  const found = byName.get(gateways) ?? Map.groupBy(gateways, ({ ref }) => `${ref.namespace}/${ref.name}`);
  byName.set(gateways, found);
  return found;
}

function hostsOutsideGateways(service: VirtualService, mesh: Mesh): Diagnostic[] {
  const names = new Set(service.gateways);
  if (names.size === 0 || names.has("mesh")) return [];
  const hosts = [...names]
    .flatMap((name) => gatewaysByName(mesh).get(name) ?? [])
    .flatMap((gateway) => gateway.servers.flatMap((server) => server.hosts))
    .filter(({ namespace }) => namespace === "*" || namespace === service.ref.namespace);
  return service.hosts
    .filter((host) => !hosts.some((one) => covers(one.host, host) || covers(host, one.host)))
    .map((host) =>
      warn(
        "IST0132",
        service.ref,
        `spec.hosts[${service.hosts.indexOf(host)}]`,
        `none of its gateways serves ${host}`,
        {
          allowed: listAllowed(hosts.map((one) => one.host)),
        },
      ),
    );
}

function selectsNothing(policy: MeshObject & { readonly selector: MeshObject["labels"] }, mesh: Mesh): Diagnostic[] {
  if (Object.keys(policy.selector).length === 0) return [];
  const inScope = mesh.proxies.filter(
    ({ workload }) => policy.ref.namespace === mesh.config.rootNamespace || workload.namespace === policy.ref.namespace,
  );
  if (inScope.some(({ workload }) => selects(policy.selector, workload.labels))) return [];
  const workloads = inScope.map(({ workload }) => workload);
  const help = nearbyLabels(policy.selector, workloads);
  const field = policy.ref.kind === "EnvoyFilter" ? "spec.workloadSelector" : "spec.selector";
  return [warn("IST0127", policy.ref, field, "it selects no workload, so it has no effect", help)];
}

/** Of several Telemetries without a selector in one namespace, the first counts. */
function competingTelemetries(all: readonly Telemetry[]): Diagnostic[] {
  const wide = all.filter((telemetry) => Object.keys(telemetry.selector).length === 0);
  return [...Map.groupBy(wide, (telemetry) => telemetry.ref.namespace).values()].flatMap(([first, ...rest]) =>
    rest.map((telemetry) =>
      warn(
        "IST0160",
        telemetry.ref,
        "spec",
        `Telemetry ${first?.ref.name ?? ""} already applies to the whole namespace ${telemetry.ref.namespace}, so this one has no effect`,
      ),
    ),
  );
}

/** Of several Sidecars for all workloads of one namespace, the first counts. */
function competingSidecars(all: readonly Sidecar[]): Diagnostic[] {
  const wide = all.filter((one) => Object.keys(one.selector).length === 0);
  return [...Map.groupBy(wide, (one) => one.ref.namespace).values()].flatMap(([first, ...rest]) =>
    rest.map((one) =>
      warn(
        "IST0111",
        one.ref,
        "spec",
        `Sidecar ${first?.ref.name ?? ""} already holds for the whole namespace ${one.ref.namespace}, so this one has no effect`,
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
            `${place} is also used by ${other.kind} ${other.namespace}/${other.name}`,
          ),
        );
    }
  }
  return found;
}
