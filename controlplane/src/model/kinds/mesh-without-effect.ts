/** MeshConfig's fields that mean nothing to Envoys as they are run here, and why. */
const NO_CAPTURE = "programs speak to their sidecar, so that no connections are captured";
const NO_AUTHORITY = "the mesh has no certificate authority, so that it encrypts only what a DestinationRule says";
const NO_INGRESS = "Kubernetes Ingresses are not read; a Gateway says what comes in";
const ONE_CLUSTER = "there is one cluster only, the folder";

export const MESH_WITHOUT_EFFECT: Readonly<Record<string, string>> = {
  ca: NO_AUTHORITY,
  caCertificates: NO_AUTHORITY,
  certificates: NO_AUTHORITY,
  enableAutoMtls: NO_AUTHORITY,
  meshMTLS: NO_AUTHORITY,
  tlsDefaults: "Envoy's own curves and ciphers hold, but for those that a Gateway or a DestinationRule names",
  configSources: "the folder is the only source",
  discoverySelectors: "the folder says which namespaces there are",
  disableEnvoyListenerLog: "listeners log no connections that they refuse",
  enableEnvoyAccessLogService: "it is Istio's old way; name a provider in extensionProviders and in a Telemetry",
  enablePrometheusMerge: "the programs' own metrics are not read",
  hboneIdleTimeout: "there are no tunnels of Istio's ambient mode",
  inboundTrafficPolicy: NO_CAPTURE,
  ingressClass: NO_INGRESS,
  ingressControllerMode: NO_INGRESS,
  ingressSelector: NO_INGRESS,
  ingressService: NO_INGRESS,
  protocolDetectionTimeout: "every port says what it speaks, so that nothing is detected",
  proxyHttpPort: "every sidecar has a port for requests to a proxy; sluice status tells which",
  proxyInboundListenPort: NO_CAPTURE,
  proxyListenPort: NO_CAPTURE,
  serviceEntryVisibility: "exportTo and defaultServiceExportTo say who sees a ServiceEntry",
  serviceScopeConfigs: ONE_CLUSTER,
  serviceSettings: ONE_CLUSTER,
  thriftConfig: "Envoy's filter for Thrift is not used",
  verifyCertificateAtClient: "certificates of servers are always checked, unless a DestinationRule says otherwise",
};

/** The same of MeshConfig.defaultConfig. */
const STARTED_ELSEWHERE = "whoever starts the Envoy says that, by its command line or its bootstrap";
const NO_AGENT = "there is no agent beside the Envoy";

export const PROXY_WITHOUT_EFFECT: Readonly<Record<string, string>> = {
  availabilityZone: "a WorkloadEntry's locality says that",
  binaryPath: STARTED_ELSEWHERE,
  caCertificatesPem: NO_AUTHORITY,
  configPath: STARTED_ELSEWHERE,
  connectionSettings: "not supported yet by this version of Sluice",
  controlPlaneAuthPolicy: STARTED_ELSEWHERE,
  customConfigFile: STARTED_ELSEWHERE,
  discoveryAddress: "the bootstrap that the control plane hands out names the control plane itself",
  drainDuration: STARTED_ELSEWHERE,
  envoyAccessLogService: "name a provider in extensionProviders and in a Telemetry",
  envoyMetricsService: "metrics are read by Prometheus",
  extraStatTags: "metrics have the labels that a Telemetry says",
  fileFlushInterval: STARTED_ELSEWHERE,
  fileFlushMinSizeKb: STARTED_ELSEWHERE,
  holdApplicationUntilProxyStarts: NO_AGENT,
  image: NO_AGENT,
  interceptionMode: NO_CAPTURE,
  meshId: "there is one mesh only",
  privateKeyProvider: NO_AUTHORITY,
  proxyAdminPort: "the control plane allots every Envoy a port of its own",
  proxyBootstrapTemplatePath: STARTED_ELSEWHERE,
  proxyHeaders: "not supported yet by this version of Sluice",
  proxyStatsMatcher: "all metrics of Envoy's own are there",
  readinessProbe: NO_AGENT,
  sds: NO_AUTHORITY,
  serviceCluster: STARTED_ELSEWHERE,
  statNameLength: STARTED_ELSEWHERE,
  statsCompression: "Envoy's own page of metrics decides",
  statsdUdpAddress: "metrics are read by Prometheus",
  statusPort: NO_AGENT,
  terminationDrainDuration: NO_AGENT,
  tracingServiceName: "spans carry the workload's canonical name and its namespace",
  zipkinAddress: "tracing.zipkin.address says that",
};
