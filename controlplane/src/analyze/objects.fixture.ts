/** For each code a configuration that has the problem, and the same without it; both stand beside `BASE`. */
export interface AnalyzerCase {
  readonly code: string;
  readonly what: string;
  readonly bad: string;
  readonly good: string;
}

/** One object; the spec is written on one line. */
export function object(kind: string, name: string, spec: string, namespace = "shop"): string {
  return `apiVersion: ${GROUPS[kind] ?? "networking.istio.io"}/${kind === "EnvoyFilter" ? "v1alpha3" : "v1"}\nkind: ${kind}\nmetadata: { name: ${name}, namespace: ${namespace} }\nspec: ${spec}\n`;
}

const GROUPS: Readonly<Record<string, string>> = {
  RequestAuthentication: "security.istio.io",
  Telemetry: "telemetry.istio.io",
};

export function kubernetesService(spec: string): string {
  return `apiVersion: v1\nkind: Service\nmetadata: { name: legacy, namespace: shop }\nspec: ${spec}\n`;
}

export function annotated(kind: string, apiVersion: string, annotations: string, spec = "{}"): string {
  return `apiVersion: ${apiVersion}\nkind: ${kind}\nmetadata: { name: legacy, namespace: shop, annotations: ${annotations} }\nspec: ${spec}\n`;
}

/** `pod` stands in the metadata of its Pods, `more` beside that. */
export function deployment(name: string, { pod = "", more = "" } = {}): string {
  return `apiVersion: apps/v1\nkind: Deployment\nmetadata: { name: ${name}, namespace: shop, labels: { app: ${name} } }\nspec: { template: { metadata: { labels: { app: ${name}, of: shop }${pod} }${more} } }\n`;
}

export function documents(...texts: readonly string[]): string {
  return texts.join("---\n");
}
