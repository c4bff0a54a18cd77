import type { TransportSocket } from "../../gen/envoy/config/core/v3/base_pb.js";
import {
  TlsParameters_TlsProtocol,
  TlsParametersSchema,
} from "../../gen/envoy/extensions/transport_sockets/tls/v3/common_pb.js";
import type { TlsParameters } from "../../gen/envoy/extensions/transport_sockets/tls/v3/common_pb.js";
import {
  CommonTlsContextSchema,
  DownstreamTlsContextSchema,
} from "../../gen/envoy/extensions/transport_sockets/tls/v3/tls_pb.js";
import type { CommonTlsContext } from "../../gen/envoy/extensions/transport_sockets/tls/v3/tls_pb.js";
import { clientAuthority } from "../model/index.ts";
import type { TlsTermination, TlsVersion } from "../model/types.ts";
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
import type { Validation } from "./tls.ts";

const VERSIONS: Readonly<Record<TlsVersion, TlsParameters_TlsProtocol>> = {
  TLSV1_0: TlsParameters_TlsProtocol.TLSv1_0,
  TLSV1_1: TlsParameters_TlsProtocol.TLSv1_1,
  TLSV1_2: TlsParameters_TlsProtocol.TLSv1_2,
  TLSV1_3: TlsParameters_TlsProtocol.TLSv1_3,
};

/** What ends a client's TLS; `alpn` are the protocols that clients may choose from. */
export function serverSocket(tls: TlsTermination, alpn: readonly string[]): TransportSocket {
  const message = create(DownstreamTlsContextSchema, {
    commonTlsContext: commonContext(tls, alpn),
    requireClientCertificate: tls.mode === "MUTUAL" || tls.mode === "ISTIO_MUTUAL",
  });
  return socket("tls", DownstreamTlsContextSchema, message);
}

function commonContext(tls: TlsTermination, alpn: readonly string[]): CommonTlsContext {
  const context = create(CommonTlsContextSchema, {
    alpnProtocols: [...alpn],
    tlsParams: parameters(tls),
    tlsCertificates: tls.certificates.map(fileCertificate),
    tlsCertificateSdsSecretConfigs: certificates(tls).map(secretConfig),
  });
  if (tls.mode === "SIMPLE") return context;
  const authority = authoritiesOf(tls);
  const check = validationContext({
    subjectAltNames: tls.subjectAltNames,
    spki: tls.verifyCertificateSpki,
    hashes: tls.verifyCertificateHash,
    ...(tls.insecureSkipVerify === true ? { acceptsUntrusted: true } : fileAuthorities(tls, authority)),
  });
  context.validationContextType =
    authority === undefined ? { case: "validationContext", value: check } : checkedBy(authority, check);
  return context;
}

function fileAuthorities({ caCertificates, caCrl }: TlsTermination, secret: string | undefined): Partial<Validation> {
  return {
    ...(secret === undefined && caCertificates !== undefined ? { authorities: caCertificates } : {}),
    ...(caCrl === undefined ? {} : { revoked: caCrl }),
  };
}

function certificates({ mode, credentialNames }: TlsTermination): readonly string[] {
  return mode === "ISTIO_MUTUAL" ? [ownCertificate] : credentialNames.map(credentialSecret);
}

// Name of the secret, where they are not in a file.
function authoritiesOf(tls: TlsTermination): string | undefined {
  if (tls.mode === "ISTIO_MUTUAL") return tls.insecureSkipVerify === true ? undefined : ownAuthorities;
  const authority = clientAuthority(tls);
  return authority === undefined ? undefined : authoritySecret(authority);
}

function parameters({ minVersion, maxVersion, cipherSuites }: TlsTermination): TlsParameters {
  return create(TlsParametersSchema, {
    tlsMinimumProtocolVersion: VERSIONS[minVersion],
    ...(maxVersion === undefined ? {} : { tlsMaximumProtocolVersion: VERSIONS[maxVersion] }),
    cipherSuites: [...cipherSuites],
  });
}
