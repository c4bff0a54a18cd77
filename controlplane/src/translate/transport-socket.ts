import type { TransportSocket } from "../../gen/envoy/config/core/v3/base_pb.js";
import {
  ProxyProtocolConfig_Version,
  ProxyProtocolConfigSchema,
} from "../../gen/envoy/config/core/v3/proxy_protocol_pb.js";
import { ProxyProtocolUpstreamTransportSchema } from "../../gen/envoy/extensions/transport_sockets/proxy_protocol/v3/upstream_proxy_protocol_pb.js";
import { RawBufferSchema } from "../../gen/envoy/extensions/transport_sockets/raw_buffer/v3/raw_buffer_pb.js";
import {
  CommonTlsContextSchema,
  UpstreamTlsContextSchema,
} from "../../gen/envoy/extensions/transport_sockets/tls/v3/tls_pb.js";
import type { CommonTlsContext } from "../../gen/envoy/extensions/transport_sockets/tls/v3/tls_pb.js";
import type { ClientTls, TrafficPolicy } from "../model/types.ts";
import { create } from "./create.ts";
import { socket } from "./socket.ts";
import {
  authoritySecret,
  checkedBy,
  credentialSecret,
  fileCertificate,
  ownAuthorities,
  ownCertificate,
  secretConfig,
  validationContext,
} from "./tls.ts";

/** What a cluster's port speaks. */
export type PortProtocol = "http1" | "http2" | "tcp";

/** What a cluster's connections depend on beyond its traffic policy. */
export interface TlsOptions {
  readonly protocol: PortProtocol;
  /** File of the certificates that the machine trusts. */
  readonly systemRoots: string;
  /** Names that the server may have where the policy has none. Istio: ServiceEntry.subjectAltNames. */
  readonly subjectAltNames: readonly string[];
  /** Names of the cluster and of its endpoints by the identities that Istio gives workloads; seldom asked for. */
  readonly own: () => { readonly sni: string; readonly identities: readonly string[] };
}

/** TLS and the PROXY protocol towards a destination; undefined for plain connections. */
export function transportSocket(policy: TrafficPolicy, options: TlsOptions): TransportSocket | undefined {
  const tls = usesTls(policy) ? tlsSocket(policy.tls, options) : undefined;
  if (policy.proxyProtocol === undefined) return tls;
  const message = create(ProxyProtocolUpstreamTransportSchema, {
    config: create(ProxyProtocolConfigSchema, { version: ProxyProtocolConfig_Version[policy.proxyProtocol] }),
    transportSocket: tls ?? rawBuffer,
  });
  return socket("upstream_proxy_protocol", ProxyProtocolUpstreamTransportSchema, message);
}

/** Whether connections are encrypted. */
export function usesTls(policy: TrafficPolicy): policy is TrafficPolicy & { readonly tls: ClientTls } {
  return policy.tls !== undefined && policy.tls.mode !== "DISABLE";
}

const rawBuffer = socket("raw_buffer", RawBufferSchema, create(RawBufferSchema));

function tlsSocket(tls: ClientTls, options: TlsOptions): TransportSocket {
  const isOwn = tls.mode === "ISTIO_MUTUAL";
  const message = create(UpstreamTlsContextSchema, {
    sni: tls.sni ?? (isOwn ? options.own().sni : ""),
    commonTlsContext: isOwn ? ownContext(tls, options) : commonContext(tls, options),
  });
  return socket("tls", UpstreamTlsContextSchema, message);
}

// By the certificate that the workload itself has. Istio's sidecars know their peers by the first of the protocols.
function ownContext(tls: ClientTls, { protocol, own }: TlsOptions): CommonTlsContext {
  const names = tls.subjectAltNames.length > 0 ? tls.subjectAltNames : own().identities;
  return create(CommonTlsContextSchema, {
    alpnProtocols: ["istio", ...inside[protocol]],
    tlsCertificateSdsSecretConfigs: [secretConfig(ownCertificate)],
    ...(tls.insecureSkipVerify
      ? {}
      : { validationContextType: checkedBy(ownAuthorities, validationContext({ subjectAltNames: names })) }),
  });
}

const inside: Readonly<Record<PortProtocol, readonly string[]>> = { http1: ["http/1.1"], http2: ["h2"], tcp: [] };

function commonContext(tls: ClientTls, { protocol, systemRoots, subjectAltNames }: TlsOptions): CommonTlsContext {
  const context = create(CommonTlsContextSchema, {
    // Istio asks for a protocol only where it must be HTTP/2.
    alpnProtocols: protocol === "http2" ? ["h2"] : [],
    tlsCertificates: tls.client ? [fileCertificate(tls.client)] : [],
  });
  const names = tls.subjectAltNames.length > 0 ? tls.subjectAltNames : subjectAltNames;
  if (tls.credentialName !== undefined && tls.mode === "MUTUAL")
    context.tlsCertificateSdsSecretConfigs = [secretConfig(credentialSecret(tls.credentialName))];
  if (tls.insecureSkipVerify) return context;
  if (tls.credentialName === undefined) {
    const revoked = tls.caCrl === undefined ? {} : { revoked: tls.caCrl };
    const authorities = tls.caCertificates ?? systemRoots;
    const value = validationContext({ authorities, subjectAltNames: names, ...revoked });
    context.validationContextType = { case: "validationContext", value };
    return context;
  }
  context.validationContextType = checkedBy(
    authoritySecret(tls.credentialName),
    validationContext({ subjectAltNames: names }),
  );
  return context;
}
