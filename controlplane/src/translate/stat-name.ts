import type { ServicePort } from "../model/types.ts";

const kubernetesService = /^([^.]+)\.([^.]+)\.svc\./;

/**
 * What Envoy's own metrics call a cluster, by a pattern of MeshConfig's inboundClusterStatName and the like. Without a
 * pattern it is the cluster's name.
 */
export function statName(
  pattern: string | undefined,
  host: string,
  port: Pick<ServicePort, "number" | "name"> | undefined,
  subset: string,
  target: number | undefined,
): { readonly altStatName?: string } {
  if (pattern === undefined) return {};
  const [, name, namespace] = kubernetesService.exec(host) ?? [];
  const values: Readonly<Record<string, string>> = {
    "%SERVICE%": name === undefined ? host : `${name}.${namespace}`,
    "%SERVICE_FQDN%": host,
    "%SERVICE_NAME%": name ?? host,
    "%SERVICE_PORT%": String(port?.number ?? target ?? ""),
    "%TARGET_PORT%": String(target ?? port?.number ?? ""),
    "%SERVICE_PORT_NAME%": port?.name ?? "",
    "%SUBSET_NAME%": subset,
  };
  return { altStatName: pattern.replace(/%[A-Z_]+%/g, (operator) => values[operator] ?? operator) };
}
