/** Names of PEM files, read by the Envoy itself. */
export interface CertificateFiles {
  readonly certificate: string;
  readonly privateKey: string;
}

/** Istio: ClientTLSSettings of a destination. */
export interface ClientTls {
  /** ISTIO_MUTUAL: by the certificate that the workload itself has, of its Secret `istio.SERVICEACCOUNT`. */
  readonly mode: "DISABLE" | "SIMPLE" | "MUTUAL" | "ISTIO_MUTUAL";
  /** Absent: the request's own host. */
  readonly sni?: string;
  /** Names of which the server's certificate must have one. */
  readonly subjectAltNames: readonly string[];
  /** Absent: the certificates that the machine trusts. */
  readonly caCertificates?: string;
  readonly caCrl?: string;
  readonly client?: CertificateFiles;
  /** Name of a Secret with the certificates, instead of files. */
  readonly credentialName?: string;
  readonly insecureSkipVerify: boolean;
}

/** Versions of TLS by Istio's names, the oldest first. */
export type TlsVersion = "TLSV1_0" | "TLSV1_1" | "TLSV1_2" | "TLSV1_3";

/** Istio: ServerTLSSettings of a server that ends TLS. */
export interface TlsTermination {
  /**
   * MUTUAL: clients must have a certificate. OPTIONAL_MUTUAL: those that have one are checked. ISTIO_MUTUAL: as MUTUAL,
   * by the certificate that the workload itself has.
   */
  readonly mode: "SIMPLE" | "MUTUAL" | "OPTIONAL_MUTUAL" | "ISTIO_MUTUAL";
  readonly certificates: readonly CertificateFiles[];
  readonly caCertificates?: string;
  readonly caCrl?: string;
  /** Names of Secrets with certificates, instead of files. */
  readonly credentialNames: readonly string[];
  /** Name of a Secret with the authorities of clients, where it is another one. */
  readonly caCertCredentialName?: string;
  /** What a client's certificate must have one of. */
  readonly subjectAltNames: readonly string[];
  readonly verifyCertificateSpki: readonly string[];
  readonly verifyCertificateHash: readonly string[];
  readonly minVersion: TlsVersion;
  readonly maxVersion?: TlsVersion;
  /** Clients are asked for a certificate, and may have anybody's, or none. */
  readonly insecureSkipVerify?: true;
  /** Empty: Envoy's own. */
  readonly cipherSuites: readonly string[];
}

/**
 * PASSTHROUGH: connections go on as they are, by the server name of the client's TLS hello: where a VirtualService says,
 * or (`auto`, Istio's AUTO_PASSTHROUGH) to the service that the name itself says.
 */
export type ServerTls = { readonly mode: "PASSTHROUGH"; readonly auto?: true } | TlsTermination;
