import { Bytes } from "../../wire/bytes";
import { utf8 } from "../../wire/utf8";
import { getProperty, getPropertyBool, getPropertyI64 } from "../../http/property";

/** The far end of the downstream connection. */
export abstract class SourceProperties {
  /** `source.address`: its address, with the port. */
  static address(): Bytes | null {
    return getProperty(utf8("source\0address"));
  }

  /** `source.port`: its port. */
  static port(missing: i64 = -1): i64 {
    return getPropertyI64(utf8("source\0port"), missing);
  }
}

/** The near end of the downstream connection. */
export abstract class DestinationProperties {
  /** `destination.address`: its address, with the port. */
  static address(): Bytes | null {
    return getProperty(utf8("destination\0address"));
  }

  /** `destination.port`: its port. */
  static port(missing: i64 = -1): i64 {
    return getPropertyI64(utf8("destination\0port"), missing);
  }
}

/** The downstream connection, the client's. */
export abstract class ConnectionProperties {
  /** `connection.id`: the host's number for it. */
  static id(missing: i64 = -1): i64 {
    return getPropertyI64(utf8("connection\0id"), missing);
  }

  /** `connection.mtls`: whether it has TLS and the client showed a certificate. */
  static mtls(missing: bool = false): bool {
    return getPropertyBool(utf8("connection\0mtls"), missing);
  }

  /** `connection.requested_server_name`: the SNI of its TLS. */
  static requestedServerName(): Bytes | null {
    return getProperty(utf8("connection\0requested_server_name"));
  }

  /** `connection.tls_version`: such as `TLSv1.3`; null without TLS. */
  static tlsVersion(): Bytes | null {
    return getProperty(utf8("connection\0tls_version"));
  }

  /** `connection.subject_local_certificate`: the subject of the proxy's own certificate. */
  static subjectLocalCertificate(): Bytes | null {
    return getProperty(utf8("connection\0subject_local_certificate"));
  }

  /** `connection.subject_peer_certificate`: the subject of the peer's certificate. */
  static subjectPeerCertificate(): Bytes | null {
    return getProperty(utf8("connection\0subject_peer_certificate"));
  }

  /** `connection.dns_san_local_certificate`: the first DNS name in the own certificate's SAN. */
  static dnsSanLocalCertificate(): Bytes | null {
    return getProperty(utf8("connection\0dns_san_local_certificate"));
  }

  /** `connection.dns_san_peer_certificate`: the first DNS name in the peer certificate's SAN. */
  static dnsSanPeerCertificate(): Bytes | null {
    return getProperty(utf8("connection\0dns_san_peer_certificate"));
  }

  /** `connection.uri_san_local_certificate`: the first URI in the own certificate's SAN, such as a SPIFFE id. */
  static uriSanLocalCertificate(): Bytes | null {
    return getProperty(utf8("connection\0uri_san_local_certificate"));
  }

  /** `connection.uri_san_peer_certificate`: the first URI in the peer certificate's SAN, such as a SPIFFE id. */
  static uriSanPeerCertificate(): Bytes | null {
    return getProperty(utf8("connection\0uri_san_peer_certificate"));
  }

  /** `connection.sha256_peer_certificate_digest`: SHA-256 of the peer's certificate, hex. */
  static sha256PeerCertificateDigest(): Bytes | null {
    return getProperty(utf8("connection\0sha256_peer_certificate_digest"));
  }

  /** `connection.peer_certificate`: the peer's certificate, PEM. */
  static peerCertificate(): Bytes | null {
    return getProperty(utf8("connection\0peer_certificate"));
  }

  /** `connection.transport_failure_reason`: why TLS failed, such as a certificate that is not valid. */
  static transportFailureReason(): Bytes | null {
    return getProperty(utf8("connection\0transport_failure_reason"));
  }

  /** `connection.termination_details`: why the host ended it; there when it has ended. */
  static terminationDetails(): Bytes | null {
    return getProperty(utf8("connection\0termination_details"));
  }
}
