/** One object of namespace `shop` in Istio's YAML, ended by a document mark. */
export function istioObject(kind: string, name: string, spec: string, group = "networking"): string {
  const metadata = `metadata: { name: ${name}, namespace: shop }`;
  return `apiVersion: ${group}.istio.io/v1\nkind: ${kind}\n${metadata}\nspec:\n${spec.replaceAll(/^/gm, "  ")}\n---\n`;
}

/** The same for the group that policies are in. */
export function securityObject(kind: string, name: string, spec: string): string {
  return istioObject(kind, name, spec, "security");
}
