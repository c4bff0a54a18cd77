type Schema = Readonly<Record<string, unknown>>;

const text: Schema = { type: "string" };
const count: Schema = { type: "integer", minimum: 0 };
const flag: Schema = { type: "boolean" };
const time: Schema = { type: "string", format: "date-time" };
const list = (items: Schema): Schema => ({ type: "array", items });
const oneOf = (...values: readonly string[]): Schema => ({ type: "string", enum: values });
const ref = (name: string): Schema => ({ $ref: `#/components/schemas/${name}` });

/** Properties whose names end in `?` may be missing; there are no others. */
function object(fields: Readonly<Record<string, Schema>>): Schema {
  const entries = Object.entries(fields);
  return {
    type: "object",
    properties: Object.fromEntries(entries.map(([name, schema]) => [name.replace(/\?$/, ""), schema])),
    required: entries.map(([name]) => name).filter((name) => !name.endsWith("?")),
    additionalProperties: false,
  };
}

const kind = oneOf("cluster", "endpoint", "listener", "route", "virtualHost", "extension", "secret", "runtime");
const counts = object({ total: count, acked: count, rejected: count });
const place = { kind: text, namespace: text, name: text, file: text, line: count };

const resourceStatus = {
  type: kind,
  name: text,
  state: oneOf("SYNCED", "STALE", "NOT_SENT", "NOT_REQUESTED", "ERROR", "LEAVING"),
  "wanted?": text,
  "given?": text,
  "acked?": text,
  "message?": text,
  objects: list(ref("ObjectPlace")),
};

const arrival = {
  proxy: object({ id: text, kind: oneOf("sidecar", "gateway") }),
  listener: object({ name: text, address: text, port: count }),
  chains: list(
    object({
      chain: text,
      "tls?": object({ certificates: list(text), asksForCertificate: flag }),
      "mismatch?": text,
    }),
  ),
};

const schemas: Readonly<Record<string, Schema>> = {
  ObjectPlace: object(place),
  Position: object({ file: text, line: count, column: count }),
  Diagnostic: {
    type: "object",
    properties: { severity: text, code: text, position: ref("Position"), message: text },
    required: ["severity", "code", "position", "message"],
  },
  RejectedResource: object({
    type: kind,
    resource: text,
    message: text,
    "rejectedBy?": list(text),
    "instead?": text,
    objects: list(ref("ObjectPlace")),
  }),
  ProxyStatus: object({
    id: text,
    kind: oneOf("sidecar", "gateway"),
    state: oneOf("SYNCED", "STALE", "REJECTED"),
    connected: flag,
    "reason?": text,
    "connectedSince?": time,
    "lastAck?": time,
    "envoyVersion?": text,
    resources: object({ total: count, acked: count }),
    rejected: list(ref("RejectedResource")),
  }),
  ObjectStatus: object({
    ...place,
    state: oneOf("applied", "kept", "refused"),
    proxies: counts,
    "rejections?": list(object({ by: list(text), type: kind, resource: text, message: text })),
  }),
  StatusReport: object({
    proxies: list(ref("ProxyStatus")),
    objects: list(ref("ObjectStatus")),
    diagnostics: list(ref("Diagnostic")),
    unknown: list(object({ id: text, connectedSince: time, envoyVersion: text })),
  }),
  ExpectedProxy: object({
    id: text,
    kind: oneOf("sidecar", "gateway"),
    address: text,
    inbound: list(object({ name: text, appPort: count, listenPort: count, "host?": text })),
    "outbound?": object({ address: text, port: count }),
    "tcp?": list(object({ host: text, port: count, listenPort: count })),
    gatewayPorts: list(count),
    bootstrap: text,
    connected: flag,
  }),
  ResourceView: object({ ...resourceStatus, "config?": { description: "Envoy's JSON of the resource" } }),
  ResourceDifference: object({
    type: kind,
    name: text,
    state: oneOf("same", "differs", "missing", "extra"),
    "given?": text,
    "running?": text,
  }),
  Place: object({ object: text, position: ref("Position"), "rule?": text }),
  DestinationShare: object({
    cluster: text,
    host: text,
    "subset?": text,
    port: count,
    percent: { type: "number" },
    endpoints: list(text),
    workloads: list(text),
    manners: list(text),
    rules: list(ref("Place")),
  }),
  Attempt: object({ route: text, "madeFrom?": ref("Place"), "mismatch?": text }),
  Effect: object({ kind: text, text, "from?": ref("Place") }),
  AuthorizationAt: object({
    workload: text,
    role: oneOf("gateway", "destination"),
    policies: list(ref("Place")),
    tokens: list(ref("Place")),
    "decision?": object({
      allowed: flag,
      summary: text,
      rules: list(object({ identity: text, "mismatch?": text })),
    }),
  }),
  ConnectionExplanation: object({
    ...arrival,
    connection: object({ host: text, port: count, "sni?": text }),
    attempts: list(ref("Attempt")),
    outcome: object({
      kind: oneOf("forward", "http", "close"),
      "destinations?": list(ref("DestinationShare")),
      "routes?": text,
      "why?": text,
    }),
    effects: list(ref("Effect")),
    authorization: list(ref("AuthorizationAt")),
  }),
  Explanation: object({
    ...arrival,
    routes: text,
    request: object({ method: text, authority: text, path: text, query: text }),
    "virtualHost?": object({ name: text, domain: text }),
    attempts: list(ref("Attempt")),
    leftOut: list(object({ object: text, position: ref("Position"), "rule?": text, reason: text })),
    outcome: object({
      kind: oneOf("forward", "redirect", "respond"),
      "destinations?": list(ref("DestinationShare")),
      "status?": count,
      "location?": text,
      "why?": text,
    }),
    "forwarded?": object({ authority: text, path: text }),
    effects: list(ref("Effect")),
    authorization: list(ref("AuthorizationAt")),
  }),
  WaitResult: object({
    result: oneOf("acked", "rejected", "timeout"),
    pending: list(object({ name: text, reason: text })),
  }),
  SetAside: object({
    type: kind,
    name: text,
    version: text,
    proxyClass: text,
    message: text,
    rejectedBy: list(text),
    local: flag,
    "instead?": text,
    objects: list(ref("ObjectPlace")),
  }),
};

const json = (description: string, schema: Schema): Schema => ({
  description,
  content: { "application/json": { schema } },
});
const plain = (description: string, type = "text/plain"): Schema => ({ description, content: { [type]: {} } });
const inPath = (name: string): Schema => ({ name, in: "path", required: true, schema: text });
const inQuery = (name: string, description: string, schema = text): Schema => ({
  name,
  in: "query",
  description,
  schema,
});
const get = (summary: string, responses: Schema, parameters: readonly Schema[] = []): Schema => ({
  get: { summary, ...(parameters.length === 0 ? {} : { parameters }), responses },
});

const noProxy = { 404: plain("no such proxy") };
const asker = [
  inQuery("from", "the workload that sends it, NAME or NAME.NAMESPACE"),
  inQuery("gateway", "the gateway that it comes in at"),
  inQuery("principal", "the client's identity, spiffe://…"),
  inQuery("source-ip", "the client's address"),
];
const badRequest = { 400: plain("a parameter is wrong; the text says which, and what is allowed") };

/** GET /openapi.json: what this server answers. */
export const openapi = {
  openapi: "3.1.0",
  info: {
    title: "Sluice control plane",
    version: "1",
    description: "What the mesh has come to. Without authentication: it listens on loopback.",
  },
  paths: {
    "/healthz": get("Whether it runs", { 200: plain("ok") }),
    "/status": get("What each proxy and each object has come to", { 200: json("the status", ref("StatusReport")) }),
    "/proxies": get("The Envoys that should run", { 200: json("all of them", list(ref("ExpectedProxy"))) }),
    "/proxies/{id}/resources": get(
      "What a proxy is given, resource by resource, and what it made of it",
      { 200: json("its resources", list(ref("ResourceView"))), ...noProxy, ...badRequest },
      [inPath("id"), inQuery("type", "only this type", kind), inQuery("name", "only this name; with type")],
    ),
    "/proxies/{id}/compare": {
      post: {
        summary: "How what a proxy runs differs from what it is given; the body is the JSON of its /config_dump",
        parameters: [inPath("id")],
        requestBody: { required: true, content: { "application/json": { schema: { type: "object" } } } },
        responses: { 200: json("each resource", list(ref("ResourceDifference"))), ...noProxy, ...badRequest },
      },
    },
    "/wait": get(
      "Waits until connected proxies have acknowledged everything, or what was made from some objects",
      { 200: json("what came of it", ref("WaitResult")), ...badRequest },
      [
        inQuery("kind", "objects of this kind"),
        inQuery("namespace", "objects in this namespace"),
        inQuery("name", "objects with this name"),
        inQuery("timeout", "seconds, 30 if not given, at most 300", { type: "number" }),
      ],
    ),
    "/explain": get(
      "What the mesh does with a request, and why; without from or gateway the URL's port chooses the gateway",
      { 200: json("its way", ref("Explanation")), ...badRequest },
      [
        inQuery("url", "as the client writes it; required"),
        inQuery("method", "GET if not given"),
        inQuery("header", "NAME: VALUE; may be repeated"),
        ...asker,
      ],
    ),
    "/explain/connection": get(
      "What the mesh does with a connection that is not looked into, and why",
      { 200: json("its way", ref("ConnectionExplanation")), ...badRequest },
      [
        inQuery("host", "the service, or any name at a gateway; required"),
        inQuery("port", "the service's or the gateway's; required"),
        inQuery("sni", "the server name of its TLS hello, empty for none; absent for a connection without TLS"),
        ...asker,
      ],
    ),
    "/quarantine": get("What Envoys refused and is set aside", { 200: json("each revision", list(ref("SetAside"))) }),
    "/bootstrap/{id}": get(
      "The configuration to start a proxy's Envoy with",
      { 200: json("for envoy -c", { type: "object" }), ...noProxy, ...badRequest },
      [inPath("id"), inQuery("admin", "ADDRESS:PORT of Envoy's admin interface; a free port if not given")],
    ),
    "/modules/{file}": get(
      "A module, named by its digest: SHA256.wasm",
      { 200: plain("the module", "application/wasm"), 404: plain("no such module") },
      [inPath("file")],
    ),
    "/metrics": get("Prometheus metrics", { 200: plain("text format 0.0.4") }),
    "/openapi.json": get("This document", { 200: json("OpenAPI 3.1", { type: "object" }) }),
  },
  components: { schemas },
} as const;
