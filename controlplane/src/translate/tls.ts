import { DataSourceSchema } from "../../gen/envoy/config/core/v3/base_pb.js";
import type { DataSource } from "../../gen/envoy/config/core/v3/base_pb.js";
import {
  CertificateValidationContext_TrustChainVerification,
  CertificateValidationContextSchema,
  SubjectAltNameMatcher_SanType,
  SubjectAltNameMatcherSchema,
  TlsCertificateSchema,
} from "../../gen/envoy/extensions/transport_sockets/tls/v3/common_pb.js";
import type {
  CertificateValidationContext,
  SubjectAltNameMatcher,
  TlsCertificate,
} from "../../gen/envoy/extensions/transport_sockets/tls/v3/common_pb.js";
import { SdsSecretConfigSchema } from "../../gen/envoy/extensions/transport_sockets/tls/v3/secret_pb.js";
import type { SdsSecretConfig } from "../../gen/envoy/extensions/transport_sockets/tls/v3/secret_pb.js";
import { CommonTlsContext_CombinedCertificateValidationContextSchema } from "../../gen/envoy/extensions/transport_sockets/tls/v3/tls_pb.js";
import type { CommonTlsContext } from "../../gen/envoy/extensions/transport_sockets/tls/v3/tls_pb.js";
import { ApiVersion, ConfigSourceSchema } from "../../gen/envoy/config/core/v3/config_source_pb.js";
import type { CertificateFiles } from "../model/types.ts";
import { isIP } from "../model/index.ts";
import { create } from "./create.ts";
import { duration } from "./protobuf.ts";

/** Parts of TLS contexts that clients and servers have in common. */

export function fileSource(filename: string): DataSource {
  return create(DataSourceSchema, { specifier: { case: "filename", value: filename } });
}

export function fileCertificate({ certificate, privateKey }: CertificateFiles): TlsCertificate {
  return create(TlsCertificateSchema, {
    certificateChain: fileSource(certificate),
    privateKey: fileSource(privateKey),
  });
}

/** How the other side's certificate is checked. */
export interface Validation {
  /** File of the authorities' certificates. */
  readonly authorities?: string;
  readonly revoked?: string;
  readonly subjectAltNames: readonly string[];
  /** SHA-256 of the certificate's public key, base64; and of the certificate, hex. */
  readonly spki?: readonly string[];
  readonly hashes?: readonly string[];
  /** Whoever has signed it, and be it nobody. */
  readonly acceptsUntrusted?: boolean;
}

export function validationContext(of: Validation): CertificateValidationContext {
  return create(CertificateValidationContextSchema, {
    ...(of.authorities === undefined ? {} : { trustedCa: fileSource(of.authorities) }),
    ...(of.revoked === undefined ? {} : { crl: fileSource(of.revoked) }),
    matchTypedSubjectAltNames: of.subjectAltNames.map(exactName),
    verifyCertificateSpki: [...(of.spki ?? [])],
    verifyCertificateHash: [...(of.hashes ?? [])],
    ...(of.acceptsUntrusted === true
      ? { trustChainVerification: CertificateValidationContext_TrustChainVerification.ACCEPT_UNTRUSTED }
      : {}),
  });
}

function exactName(name: string): SubjectAltNameMatcher {
  const { URI, IP_ADDRESS, DNS } = SubjectAltNameMatcher_SanType;
  return create(SubjectAltNameMatcherSchema, {
    sanType: name.includes("://") ? URI : isIP(name) === 0 ? DNS : IP_ADDRESS,
    matcher: { matchPattern: { case: "exact", value: name } },
  });
}

/** A secret that comes over the same stream as everything else. */
export function secretConfig(name: string): SdsSecretConfig {
  return create(SdsSecretConfigSchema, { name, sdsConfig: secretSource });
}

/** A check whose authorities come as a secret. */
export function checkedBy(
  secret: string,
  check: CertificateValidationContext,
): CommonTlsContext["validationContextType"] {
  return {
    case: "combinedValidationContext",
    value: create(CommonTlsContext_CombinedCertificateValidationContextSchema, {
      defaultValidationContext: check,
      validationContextSdsSecretConfig: secretConfig(secret),
    }),
  };
}

// With a time limit: what lacks only its secret fails by itself and does not hold up what stands beside it.
const secretSource = create(ConfigSourceSchema, {
  configSourceSpecifier: { case: "ads", value: {} },
  resourceApiVersion: ApiVersion.V3,
  initialFetchTimeout: duration(5000),
});

/** Istio's names of a workload's own certificate with its key, and of the authorities of the mesh. */
export const ownCertificate = "default";
export const ownAuthorities = "ROOTCA";

/** Istio's names of a credential's certificate with its key, and of the authorities that the other side is checked by. */
export function credentialSecret(credentialName: string): string {
  return `kubernetes://${credentialName}`;
}

export function authoritySecret(credentialName: string): string {
  return `kubernetes://${credentialName}-cacert`;
}
