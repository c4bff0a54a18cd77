import { assembleServices } from "./assemble-services.ts";
import type { Diagnostic } from "./diagnostic.ts";
import type { Declared } from "./kinds/decode-object.ts";
import { objectsOf } from "./objects-of.ts";
import { deriveProxies } from "./proxies.ts";
import type { Mesh } from "./types.ts";

/** Builds the mesh of objects that are all good. */
export function assembleMesh(declared: readonly Declared[]): { mesh: Mesh; diagnostics: readonly Diagnostic[] } {
  const { serviceEntries, ...lists } = objectsOf(declared);
  const services = assembleServices(serviceEntries, lists.workloads);
  const { proxies, diagnostics } = deriveProxies({ services, workloads: lists.workloads, gateways: lists.gateways });
  return { mesh: { services, ...lists, proxies }, diagnostics };
}
