import { selects } from "./lookup/selector.ts";
import type { Labels, Mesh, MeshObject, Workload } from "./types.ts";

/** How an Envoy is started. */
export interface ProxySettings {
  /** Worker threads; 0: as many as the machine has cores. */
  readonly concurrency?: number;
  /** Of the process; those that begin with ISTIO_META_ are metadata of the Envoy's node, without that prefix. */
  readonly environment?: Readonly<Record<string, string>>;
}

/** Istio: networking.istio.io/v1beta1 ProxyConfig. */
export interface ProxyConfig extends MeshObject, ProxySettings {
  /** Empty: every workload of its namespace, of the whole mesh in the root namespace. */
  readonly selector: Labels;
}

/**
 * Istio: what says more about a workload counts, field by field and variable by variable: an object that selects it, then
 * one of its namespace, then one of the root namespace, then the MeshConfig's defaultConfig. Of two alike the first
 * counts.
 */
export function proxySettings(
  { config, proxyConfigs }: Pick<Mesh, "config" | "proxyConfigs">,
  { namespace, labels }: Pick<Workload, "namespace" | "labels">,
): ProxySettings {
  const of = (name: string): readonly ProxyConfig[] => proxyConfigs.filter(({ ref }) => ref.namespace === name);
  const chosen: readonly (ProxySettings | undefined)[] = [
    config.proxySettings,
    of(config.rootNamespace).find(isWide),
    of(namespace).find(isWide),
    of(namespace).find((one) => !isWide(one) && selects(one.selector, labels)),
  ];
  const concurrency = chosen.findLast((one) => one?.concurrency !== undefined)?.concurrency;
  const environment = Object.fromEntries(chosen.flatMap((one) => Object.entries(one?.environment ?? {})));
  return {
    ...(concurrency === undefined ? {} : { concurrency }),
    ...(Object.keys(environment).length === 0 ? {} : { environment }),
  };
}

function isWide({ selector }: ProxyConfig): boolean {
  return Object.keys(selector).length === 0;
}
