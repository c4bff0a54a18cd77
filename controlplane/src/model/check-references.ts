import type { Reference } from "./decode/context.ts";
import type { DeclaredObject } from "./declared-object.ts";
import type { Diagnostic } from "./diagnostic.ts";
import { didYouMean, listAllowed, nearestHost } from "./suggestion.ts";
import { nearness } from "./lookup/visible.ts";
import type { ObjectRef, Position } from "./types.ts";
import type { World } from "./world.ts";

/** Everything that an object names and that is not there (IST0101), or not clear (IST0112), at the place of the name. */
export function checkReferences(object: DeclaredObject, world: World): Diagnostic[] {
  return object.references.flatMap((reference) =>
    check(reference, object.ref, world).map((one): Diagnostic => ({ severity: "error", ...one, object: object.ref })),
  );
}

type Problem = Omit<Diagnostic, "severity" | "object"> & Partial<Pick<Diagnostic, "severity">>;
type DestinationReference = Extract<Reference, { kind: "destination" }>;

function check(reference: Reference, object: ObjectRef, world: World): Problem[] {
  if (reference.kind === "destination") return checkDestination(reference, world);
  if (reference.kind === "delegate") return checkDelegate(reference, object, world);
  const { gateway, path, at } = reference;
  if (world.hasGateway(gateway)) return [];
  return [problem(at, path, `there is no Gateway ${gateway}`, gateway, [...world.gateways, "mesh"])];
}

function checkDelegate(
  { namespace, name, path, at }: Extract<Reference, { kind: "delegate" }>,
  object: ObjectRef,
  world: World,
): Problem[] {
  const delegate = world.delegates.get(`${namespace}/${name}`);
  if (delegate === undefined) {
    const message = `there is no VirtualService ${namespace}/${name} without hosts`;
    return [problem(at, path, message, `${namespace}/${name}`, [...world.delegates.keys()])];
  }
  if (nearness(delegate, object.namespace) !== undefined) return [];
  const message = `VirtualService ${namespace}/${name} is not exported to the namespace ${object.namespace}`;
  return [
    {
      code: "IST0101",
      position: at,
      field: path,
      message: `${path}: ${message}`,
      fix: `add ${object.namespace} to its exportTo`,
    },
  ];
}

function checkDestination(reference: DestinationReference, world: World): Problem[] {
  const { destination, path, hostAt, subsetAt, portAt } = reference;
  const service = world.service(destination.host);
  if (service === undefined) return [unknownHost(reference, world)];
  const problems: Problem[] = [];
  const { subset, port } = destination;
  const ports = service.ports.map((one) => one.number);
  if (subset !== undefined) {
    const subsets = world.subsets(destination.host);
    if (!subsets.includes(subset)) {
      const message = `no DestinationRule for ${destination.host} has a subset "${subset}"`;
      problems.push({
        fix: "add it to the subsets of a DestinationRule for the host",
        ...problem(subsetAt ?? hostAt, `${path}.subset`, message, subset, subsets),
      });
    }
  }
  if (port !== undefined && !ports.includes(port)) {
    problems.push(
      problem(
        portAt ?? hostAt,
        `${path}.port.number`,
        `${destination.host} has no port ${port}`,
        String(port),
        ports.map(String),
      ),
    );
  }
  if (port === undefined && ports.length > 1) {
    problems.push({
      severity: "warning",
      code: "IST0112",
      position: hostAt,
      field: `${path}.port`,
      message: `${path}.port is not given, though ${destination.host} has ${ports.length} ports: requests go to the one that the client asked for`,
      allowed: ports.join(", "),
      fix: `add port: { number: ${ports[0]} }`,
    });
  }
  return problems;
}

function unknownHost(reference: DestinationReference, world: World): Problem {
  const { host } = reference.destination;
  const found = problem(
    reference.hostAt,
    `${reference.path}.host`,
    `no ServiceEntry has the host ${host}`,
    host,
    world.hosts,
  );
  const near = nearestHost(host, world.hosts);
  return near === undefined ? found : { ...found, fix: `did you mean "${near}"?` };
}

function problem(
  position: Position,
  field: string,
  message: string,
  written: string,
  known: readonly string[],
): Problem {
  const fix = didYouMean(written, known);
  return {
    code: "IST0101",
    position,
    field,
    message: `${field}: ${message}`,
    allowed: known.length === 0 ? "none is declared" : listAllowed(known, 12),
    ...(fix === undefined ? {} : { fix }),
  };
}
