import { createHash, createPrivateKey, createPublicKey, X509Certificate } from "node:crypto";
import type { JsonValue } from "@bufbuild/protobuf";
import type { DataSource } from "../../gen/envoy/config/core/v3/base_pb.js";
import type { Secret } from "../../gen/envoy/extensions/transport_sockets/tls/v3/secret_pb.js";

/** What may be shown of a secret: whom its certificates name and how long they hold, and never a key. */
export function secretView({ name, type }: Secret): { readonly [field: string]: JsonValue } {
  if (type.case === "tlsCertificate") {
    const { certificateChain, privateKey } = type.value;
    return {
      name,
      tls_certificate: {
        certificate_chain: certificatesIn(textOf(certificateChain)),
        private_key: keyView(textOf(privateKey)),
      },
    };
  }
  if (type.case !== "validationContext") return { name };
  const { trustedCa, crl } = type.value;
  const revoked = textOf(crl);
  return {
    name,
    validation_context: {
      trusted_ca: certificatesIn(textOf(trustedCa)),
      ...(revoked === "" ? {} : { crl: { digest: digestOf(revoked) } }),
    },
  };
}

function textOf(source: DataSource | undefined): string {
  const { specifier } = source ?? {};
  if (specifier?.case === "inlineString") return specifier.value;
  return specifier?.case === "inlineBytes" ? Buffer.from(specifier.value).toString("latin1") : "";
}

function certificatesIn(pem: string): JsonValue[] {
  const blocks = pem.match(/-----BEGIN CERTIFICATE-----[^]+?-----END CERTIFICATE-----/g) ?? [];
  return blocks.map((block) => {
    try {
      return certificateView(new X509Certificate(block));
    } catch {
      return { digest: digestOf(block), problem: "it cannot be read" };
    }
  });
}

function certificateView(certificate: X509Certificate): JsonValue {
  const { subject, issuer, subjectAltName, validFromDate, validToDate, serialNumber, fingerprint256 } = certificate;
  return {
    subject: oneLine(subject),
    issuer: oneLine(issuer),
    ...(subjectAltName === undefined ? {} : { subject_alt_name: subjectAltName }),
    serial_number: serialNumber,
    not_before: validFromDate.toISOString(),
    not_after: validToDate.toISOString(),
    sha256: fingerprint256.replaceAll(":", "").toLowerCase(),
  };
}

/** A certificate need not name anybody. */
function oneLine(name: string | undefined): string {
  return (name ?? "").replaceAll("\n", ", ");
}

/** Two keys are told apart by the digest of their public halves. */
function keyView(pem: string): JsonValue {
  try {
    const spki = createPublicKey(createPrivateKey(pem)).export({ type: "spki", format: "der" });
    return { public_key_sha256: createHash("sha256").update(spki).digest("hex") };
  } catch {
    return { problem: "it cannot be read" };
  }
}

function digestOf(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}
