import { annotated, deployment, documents, kubernetesService, object, type AnalyzerCase } from "./objects.fixture.ts";

const TO_A = "route: [{ destination: { host: a } }]";

/** Those about annotations, and about what Kubernetes has beside Istio's objects. */
export const KUBERNETES_CASES: readonly AnalyzerCase[] = [
  {
    code: "IST0107",
    what: "an annotation on a kind that does not have it",
    bad: object("VirtualService", "a", `{ hosts: [a], http: [{ ${TO_A} }] }`).replace(
      "namespace: shop",
      'namespace: shop, annotations: { istio.io/dry-run: "true" }',
    ),
    good: annotated("Service", "v1", "{ networking.istio.io/exportTo: . }"),
  },
  {
    code: "IST0107",
    what: "an annotation of a Pod on its Deployment",
    bad: annotated("Deployment", "apps/v1", "{ proxy.istio.io/config: x }"),
    good: deployment("web", { pod: ", annotations: { proxy.istio.io/config: x }" }),
  },
  {
    code: "IST0108",
    what: "an annotation that Istio does not have",
    bad: annotated("Service", "v1", "{ networking.istio.io/exportsTo: . }"),
    good: annotated("Service", "v1", "{ networking.istio.io/exportTo: ., example.com/x: y }"),
  },
  {
    code: "IST0116",
    what: "a workload's port with two protocols",
    bad: kubernetesService("{ selector: { app: a }, ports: [{ port: 80, name: tcp, targetPort: 9080 }] }"),
    good: kubernetesService("{ selector: { app: a }, ports: [{ port: 80, name: http, targetPort: 9080 }] }"),
  },
  {
    code: "IST0118",
    what: "a port without a protocol in its name",
    bad: kubernetesService("{ ports: [{ port: 80, name: web }] }"),
    good: kubernetesService("{ ports: [{ port: 80, name: http-web }, { port: 81, name: admin, appProtocol: http }] }"),
  },
  {
    code: "IST0125",
    what: "an annotation with a wrong value",
    bad: annotated("Pod", "v1", "{ sidecar.istio.io/interceptionMode: redirect }"),
    good: annotated("Pod", "v1", "{ sidecar.istio.io/interceptionMode: REDIRECT }"),
  },
  {
    code: "IST0125",
    what: "an annotation of a Deployment's Pods with a wrong value",
    bad: deployment("web", { pod: ', annotations: { traffic.sidecar.istio.io/includeInboundPorts: "80;81" }' }),
    good: deployment("web", { pod: ', annotations: { traffic.sidecar.istio.io/includeInboundPorts: "80, *" }' }),
  },
  {
    code: "IST0135",
    what: "a deprecated annotation",
    bad: annotated("Pod", "v1", '{ sidecar.istio.io/inject: "true" }'),
    good: annotated("Pod", "v1", "{ proxy.istio.io/config: x }"),
  },
  {
    code: "IST0136",
    what: "an experimental annotation",
    bad: annotated("Pod", "v1", "{ inject.istio.io/templates: x }"),
    good: annotated("Pod", "v1", "{ proxy.istio.io/config: x }"),
  },
  {
    code: "IST0137",
    what: "two ports of services that lead to one of a workload",
    bad: kubernetesService("{ selector: { app: a }, ports: [{ port: 81, name: http, targetPort: 9080 }] }"),
    good: kubernetesService("{ selector: { app: a }, ports: [{ port: 81, name: http-admin, targetPort: 9081 }] }"),
  },
  {
    code: "IST0137",
    what: "two ports of services that lead to one of a Deployment",
    bad: documents(
      deployment("web"),
      kubernetesService("{ selector: { app: web }, ports: [{ port: 80, name: http, targetPort: main }] }"),
      kubernetesService("{ selector: { app: web }, ports: [{ port: 81, name: http, targetPort: main }] }").replace(
        "name: legacy",
        "name: legacy2",
      ),
    ),
    good: documents(
      deployment("web"),
      kubernetesService("{ selector: { app: web }, ports: [{ port: 80, name: http, targetPort: main }] }"),
      kubernetesService("{ selector: { app: web }, ports: [{ port: 80, name: http, targetPort: main }] }").replace(
        "name: legacy",
        "name: legacy2",
      ),
    ),
  },
  {
    code: "IST0150",
    what: "an external name with a port of an unknown protocol",
    bad: kubernetesService("{ type: ExternalName, externalName: example.com, ports: [{ port: 80, name: web }] }"),
    good: kubernetesService("{ type: ExternalName, externalName: example.com, ports: [{ port: 80, name: http }] }"),
  },
  {
    code: "IST0162",
    what: "a gateway's port that its Service does not have",
    bad: kubernetesService("{ selector: { istio: ingressgateway }, ports: [{ port: 80, name: http }] }"),
    good: kubernetesService(
      "{ selector: { istio: ingressgateway }, ports: [{ port: 80, name: http, targetPort: 8080 }] }",
    ),
  },
  {
    code: "IST0162",
    what: "a gateway's port that the Service of its Deployment does not have",
    bad: documents(
      deployment("edge").replace("of: shop", "istio: ingressgateway"),
      kubernetesService("{ selector: { app: edge }, ports: [{ port: 80, name: http }] }"),
    ),
    good: documents(
      deployment("edge").replace("of: shop", "istio: ingressgateway"),
      kubernetesService("{ selector: { app: edge }, ports: [{ port: 8080, name: http }] }"),
    ),
  },
  {
    code: "IST0175",
    what: "an istiod that fetches keys from anywhere",
    bad: documents(
      object("RequestAuthentication", "jwt", "{ jwtRules: [{ issuer: x, jwksUri: https://keys.example.com }] }"),
      deployment("istiod", { more: ", spec: { containers: [{ name: discovery }] }" }),
    ),
    good: documents(
      object("RequestAuthentication", "jwt", "{ jwtRules: [{ issuer: x, jwksUri: https://keys.example.com }] }"),
      deployment("istiod", {
        more: ", spec: { containers: [{ env: [{ name: BLOCKED_CIDRS_IN_JWKS_URIS, value: 10.0.0.0/8 }] }] }",
      }),
    ),
  },
];
