// The polyfill that the library needs, before it.
import "reflect-metadata";
import {
  X509CertificateGenerator,
  BasicConstraintsExtension,
  PemConverter,
  SubjectAlternativeNameExtension,
  X509Certificate,
  X509CrlGenerator,
  X509CrlReason,
} from "@peculiar/x509";

const algorithm = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" } as const;

const rsa = {
  name: "RSASSA-PKCS1-v1_5",
  hash: "SHA-256",
  modulusLength: 2048,
  publicExponent: new Uint8Array([1, 0, 1]),
} as const;

/** A certificate with its private key, in PEM. */
export interface KeyPair {
  readonly certificate: string;
  readonly privateKey: string;
}

/** An authority of its own that signs certificates for tests, in memory. */
export class Authority {
  readonly #keys: CryptoKeyPair;
  readonly #own: X509Certificate;

  private constructor(keys: CryptoKeyPair, own: X509Certificate) {
    this.#keys = keys;
    this.#own = own;
  }

  static async create(name: string): Promise<Authority> {
    const keys = await crypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
    const own = await X509CertificateGenerator.createSelfSigned({
      ...validity(),
      name: `CN=${name}`,
      keys,
      signingAlgorithm: algorithm,
      extensions: [new BasicConstraintsExtension(true, 1, true)],
    });
    return new Authority(keys, own);
  }

  /** What others check its certificates by. */
  get pem(): string {
    return this.#own.toString("pem");
  }

  /** A certificate for DNS names and URIs. */
  async issue(...names: readonly string[]): Promise<KeyPair> {
    return await this.#issue(await crypto.subtle.generateKey(algorithm, true, ["sign", "verify"]), names);
  }

  /** The same with a key of RSA. */
  async issueRsa(...names: readonly string[]): Promise<KeyPair> {
    return await this.#issue(await crypto.subtle.generateKey(rsa, true, ["sign", "verify"]), names);
  }

  /** A list, in PEM, of certificates that it no longer stands for. */
  async revoke(...pairs: readonly KeyPair[]): Promise<string> {
    const { notBefore, notAfter } = validity();
    const list = await X509CrlGenerator.create({
      issuer: this.#own.subject,
      thisUpdate: notBefore,
      nextUpdate: notAfter,
      entries: pairs.map(({ certificate }) => ({
        serialNumber: new X509Certificate(certificate).serialNumber,
        revocationDate: notBefore,
        // Without one the library writes an empty list of extensions, which Envoy refuses to read.
        reason: X509CrlReason.keyCompromise,
      })),
      signingAlgorithm: algorithm,
      signingKey: this.#keys.privateKey,
    });
    // OpenSSL's name of such a list, which is what everybody reads.
    return PemConverter.encode(list.rawData, "X509 CRL");
  }

  async #issue(keys: CryptoKeyPair, names: readonly string[]): Promise<KeyPair> {
    const certificate = await X509CertificateGenerator.create({
      ...validity(),
      subject: `CN=${names[0] ?? "nobody"}`,
      issuer: this.#own.subject,
      publicKey: keys.publicKey,
      signingKey: this.#keys.privateKey,
      signingAlgorithm: algorithm,
      extensions: [
        new SubjectAlternativeNameExtension(
          names.map((value) => ({ type: value.includes("://") ? ("url" as const) : ("dns" as const), value })),
        ),
      ],
    });
    const exported = await crypto.subtle.exportKey("pkcs8", keys.privateKey);
    return { certificate: certificate.toString("pem"), privateKey: PemConverter.encode(exported, "PRIVATE KEY") };
  }
}

// From an hour ago, as clocks differ.
function validity(): { notBefore: Date; notAfter: Date } {
  const now = Date.now();
  return { notBefore: new Date(now - 3_600_000), notAfter: new Date(now + 86_400_000) };
}
