import { Bytes } from "../../wire/bytes";
import { utf8 } from "../../wire/utf8";
import { getProperty, getPropertyI64 } from "../../http/property";

/** The connection to the upstream host, once there is one. */
export abstract class UpstreamProperties {
  /** `upstream.address`: the host's address, with the port. */
  static address(): Bytes | null {
    return getProperty(utf8("upstream\0address"));
  }

  /** `upstream.port`: the host's port. */
  static port(missing: i64 = -1): i64 {
    return getPropertyI64(utf8("upstream\0port"), missing);
  }

  /** `upstream.local_address`: the proxy's own address of the connection. */
  static localAddress(): Bytes | null {
    return getProperty(utf8("upstream\0local_address"));
  }

  /** `upstream.num_endpoints`: how many endpoints the cluster has. */
  static numEndpoints(missing: i64 = -1): i64 {
    return getPropertyI64(utf8("upstream\0num_endpoints"), missing);
  }

  /** `upstream.request_attempt_count`: how often the request was sent; 0 when it never was. */
  static requestAttemptCount(missing: i64 = -1): i64 {
    return getPropertyI64(utf8("upstream\0request_attempt_count"), missing);
  }

  /** `upstream.cx_pool_ready_duration`: from the upstream request to a ready connection, nanoseconds. */
  static cxPoolReadyDuration(missing: i64 = -1): i64 {
    return getPropertyI64(utf8("upstream\0cx_pool_ready_duration"), missing);
  }

  /** `upstream.locality.region`: where the host is. */
  static region(): Bytes | null {
    return getProperty(utf8("upstream\0locality\0region"));
  }

  /** `upstream.locality.zone`: where the host is. */
  static zone(): Bytes | null {
    return getProperty(utf8("upstream\0locality\0zone"));
  }

  /** `upstream.locality.sub_zone`: where the host is. */
  static subZone(): Bytes | null {
    return getProperty(utf8("upstream\0locality\0sub_zone"));
  }

  /** `upstream.locality`: all three, as a serialised `envoy.config.core.v3.Locality`. */
  static locality(): Bytes | null {
    return getProperty(utf8("upstream\0locality"));
  }

  /** `upstream.tls_version`: such as `TLSv1.3`; null without TLS. */
  static tlsVersion(): Bytes | null {
    return getProperty(utf8("upstream\0tls_version"));
  }

  /** `upstream.subject_local_certificate`: the subject of the proxy's own certificate. */
  static subjectLocalCertificate(): Bytes | null {
    return getProperty(utf8("upstream\0subject_local_certificate"));
  }

  /** `upstream.subject_peer_certificate`: the subject of the peer's certificate. */
  static subjectPeerCertificate(): Bytes | null {
    return getProperty(utf8("upstream\0subject_peer_certificate"));
  }

  /** `upstream.dns_san_local_certificate`: the first DNS name in the own certificate's SAN. */
  static dnsSanLocalCertificate(): Bytes | null {
    return getProperty(utf8("upstream\0dns_san_local_certificate"));
  }

  /** `upstream.dns_san_peer_certificate`: the first DNS name in the peer certificate's SAN. */
  static dnsSanPeerCertificate(): Bytes | null {
    return getProperty(utf8("upstream\0dns_san_peer_certificate"));
  }

  /** `upstream.uri_san_local_certificate`: the first URI in the own certificate's SAN, such as a SPIFFE id. */
  static uriSanLocalCertificate(): Bytes | null {
    return getProperty(utf8("upstream\0uri_san_local_certificate"));
  }

  /** `upstream.uri_san_peer_certificate`: the first URI in the peer certificate's SAN, such as a SPIFFE id. */
  static uriSanPeerCertificate(): Bytes | null {
    return getProperty(utf8("upstream\0uri_san_peer_certificate"));
  }

  /** `upstream.sha256_peer_certificate_digest`: SHA-256 of the peer's certificate, hex. */
  static sha256PeerCertificateDigest(): Bytes | null {
    return getProperty(utf8("upstream\0sha256_peer_certificate_digest"));
  }

  /** `upstream.peer_certificate`: the peer's certificate, PEM. */
  static peerCertificate(): Bytes | null {
    return getProperty(utf8("upstream\0peer_certificate"));
  }

  /** `upstream.transport_failure_reason`: why TLS failed, such as a certificate that is not valid. */
  static transportFailureReason(): Bytes | null {
    return getProperty(utf8("upstream\0transport_failure_reason"));
  }
}
