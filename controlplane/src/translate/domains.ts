const kubernetesHost = /^([^.]+)\.([^.]+)\.svc\.cluster\.local$/;

/**
 * The shorter names by which Istio lets a client call `name.namespace.svc.cluster.local`; the bare name only within
 * the namespace. Other hosts have none.
 */
export function shortNames(host: string, clientNamespace: string): readonly string[] {
  const [, name, namespace] = kubernetesHost.exec(host) ?? [];
  if (name === undefined || namespace === undefined) {
    return [];
  }
  const names = [`${name}.${namespace}.svc`, `${name}.${namespace}`];
  return namespace === clientNamespace ? [...names, name] : names;
}

/** The namespace within which a host has its bare name, if it is such a host. */
export function shortNameNamespace(host: string): string | undefined {
  return kubernetesHost.exec(host)?.[2];
}

/** Hands out domains: Envoy refuses a route configuration in which two virtual hosts have one domain. */
export class Domains {
  readonly #taken = new Set<string>();

  /** Those of the names that are still free, each with the port, and without it where the port is the main one. */
  claim(names: readonly string[], { port, main }: { readonly port: number; readonly main: boolean }): string[] {
    const domains = names.flatMap((name) => (main ? [name, `${name}:${port}`] : [`${name}:${port}`]));
    return domains.filter((domain) => this.#taken.size < this.#taken.add(domain).size);
  }
}
