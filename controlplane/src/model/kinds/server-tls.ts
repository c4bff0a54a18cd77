import { list, nonEmptyList } from "../decode/collections.ts";
import { reportError, reportWarning } from "../decode/context.ts";
import type { Decoder } from "../decode/decoder.ts";
import { defined, message, type Place } from "../decode/message.ts";
import { boolean, enumeration, nonEmptyString } from "../decode/scalars.ts";
import type { CertificateFiles, ServerTls, TlsVersion } from "../types.ts";

const mode = enumeration(["PASSTHROUGH", "SIMPLE", "MUTUAL", "OPTIONAL_MUTUAL", "ISTIO_MUTUAL", "AUTO_PASSTHROUGH"]);

const VERSIONS = ["TLSV1_0", "TLSV1_1", "TLSV1_2", "TLSV1_3"] as const;
const version = enumeration(["TLS_AUTO", ...VERSIONS]);

/** What Envoy's TLS library knows, below TLS 1.3 (whose suites cannot be chosen). */
const CIPHER_SUITES: ReadonlySet<string> = new Set([
  "ECDHE-ECDSA-AES128-GCM-SHA256",
  "ECDHE-RSA-AES128-GCM-SHA256",
  "ECDHE-ECDSA-AES256-GCM-SHA384",
  "ECDHE-RSA-AES256-GCM-SHA384",
  "ECDHE-ECDSA-CHACHA20-POLY1305",
  "ECDHE-RSA-CHACHA20-POLY1305",
  "ECDHE-ECDSA-AES128-SHA",
  "ECDHE-RSA-AES128-SHA",
  "ECDHE-ECDSA-AES256-SHA",
  "ECDHE-RSA-AES256-SHA",
  "AES128-GCM-SHA256",
  "AES256-GCM-SHA384",
  "AES128-SHA",
  "AES256-SHA",
  "DES-CBC3-SHA",
]);

const certificateFiles = message(
  "TLSCertificate",
  { required: { serverCertificate: nonEmptyString, privateKey: nonEmptyString } },
  (given): CertificateFiles => ({ certificate: given.serverCertificate, privateKey: given.privateKey }),
);

/** What is written below `tls`: a redirect for plain HTTP, or how TLS is ended. */
export interface ServerTlsSettings {
  readonly httpsRedirect: boolean;
  readonly tls: ServerTls;
}

/** Istio: ServerTLSSettings; the mode is PASSTHROUGH where none is given, protobuf's zero. */
export const serverTls: Decoder<ServerTlsSettings> = message(
  "ServerTLSSettings",
  {
    optional: {
      mode,
      httpsRedirect: boolean,
      serverCertificate: nonEmptyString,
      privateKey: nonEmptyString,
      tlsCertificates: nonEmptyList(certificateFiles),
      caCertificates: nonEmptyString,
      caCrl: nonEmptyString,
      credentialName: nonEmptyString,
      credentialNames: nonEmptyList(nonEmptyString),
      caCertCredentialName: nonEmptyString,
      subjectAltNames: list(nonEmptyString),
      verifyCertificateSpki: list(nonEmptyString),
      verifyCertificateHash: list(nonEmptyString),
      minProtocolVersion: version,
      maxProtocolVersion: version,
      cipherSuites: list(nonEmptyString),
      insecureSkipVerify: boolean,
    },
  },
  (given, place): ServerTlsSettings | undefined => {
    const httpsRedirect = given.httpsRedirect ?? false;
    if (given.mode === undefined || given.mode === "PASSTHROUGH")
      return { httpsRedirect, tls: { mode: "PASSTHROUGH" } };
    if (given.mode === "AUTO_PASSTHROUGH") return { httpsRedirect, tls: { mode: "PASSTHROUGH", auto: true } };
    const { serverCertificate: certificate, privateKey, credentialName } = given;
    const files = [
      ...(certificate !== undefined && privateKey !== undefined ? [{ certificate, privateKey }] : []),
      ...(given.tlsCertificates ?? []),
    ];
    const credentialNames = credentialName === undefined ? (given.credentialNames ?? []) : [credentialName];
    if (!checkSources(given, files.length, place) || !checkClients(given, place)) return undefined;
    const tls: ServerTls = defined({
      mode: given.mode,
      certificates: files,
      caCertificates: given.caCertificates,
      caCrl: given.caCrl,
      credentialNames,
      caCertCredentialName: given.caCertCredentialName,
      subjectAltNames: given.subjectAltNames ?? [],
      verifyCertificateSpki: given.verifyCertificateSpki ?? [],
      verifyCertificateHash: given.verifyCertificateHash ?? [],
      minVersion: versionOf(given.minProtocolVersion) ?? "TLSV1_2",
      maxVersion: versionOf(given.maxProtocolVersion),
      insecureSkipVerify: given.insecureSkipVerify === true ? (true as const) : undefined,
      cipherSuites: knownSuites(given.cipherSuites ?? [], place),
    });
    return checkVersions(tls.minVersion, tls.maxVersion, place) ? { httpsRedirect, tls } : undefined;
  },
);

interface Sources {
  readonly mode: string | undefined;
  readonly serverCertificate: string | undefined;
  readonly privateKey: string | undefined;
  readonly credentialName: string | undefined;
  readonly credentialNames: readonly string[] | undefined;
  readonly tlsCertificates: readonly CertificateFiles[] | undefined;
  readonly caCertificates: string | undefined;
  readonly caCertCredentialName: string | undefined;
  readonly caCrl: string | undefined;
  readonly insecureSkipVerify: boolean | undefined;
}

/** Certificates come in one way: a pair of files, several pairs, or Secrets. */
function checkSources(given: Sources, files: number, place: Place): boolean {
  const ways = (["credentialName", "credentialNames", "serverCertificate", "tlsCertificates"] as const).filter(
    (field) => given[field] !== undefined,
  );
  if (given.mode === "ISTIO_MUTUAL") return checkOwn(given, ways[0], place);
  const [first, second] = ways;
  if (second !== undefined) return refuse(place, second, `cannot stand beside ${first}`, "keep one of the two");
  if (first === undefined)
    return refuse(
      place,
      "credentialName",
      `is required when mode is ${given.mode}`,
      "or give serverCertificate and privateKey",
    );
  if (first === "serverCertificate" && files === 0)
    return refuse(place, "privateKey", "is required beside serverCertificate", "add privateKey: FILE");
  return true;
}

/** With the workload's own certificate there is nothing to name. */
function checkOwn(given: Sources, way: string | undefined, place: Place): boolean {
  const authorities = (["caCertificates", "caCertCredentialName", "caCrl", "privateKey"] as const).find(
    (field) => given[field] !== undefined,
  );
  const named = way ?? authorities;
  const text = "cannot stand beside mode ISTIO_MUTUAL, which uses the certificate that the workload itself has";
  return named === undefined || refuse(place, named, text, "write mode: MUTUAL, or remove it");
}

/** Clients with certificates are checked by somebody's: of files where there are files. */
function checkClients(given: Sources, place: Place): boolean {
  if (given.mode === "SIMPLE" && given.insecureSkipVerify === true)
    return refuse(
      place,
      "insecureSkipVerify",
      "is for clients that have certificates",
      "write mode: MUTUAL, or remove it",
    );
  if (given.insecureSkipVerify === true || given.mode === "ISTIO_MUTUAL") return true;
  if (given.mode === "SIMPLE" || given.credentialName !== undefined || given.credentialNames !== undefined) return true;
  if (given.caCertificates !== undefined || given.caCertCredentialName !== undefined) return true;
  return refuse(place, "caCertificates", `is required when mode is ${given.mode}`, "add caCertificates: FILE");
}

function checkVersions(min: TlsVersion, max: TlsVersion | undefined, place: Place): boolean {
  if (max === undefined || VERSIONS.indexOf(min) <= VERSIONS.indexOf(max)) return true;
  return refuse(
    place,
    "maxProtocolVersion",
    `is ${max}, which is less than minProtocolVersion, ${min}`,
    `write ${min}`,
  );
}

function versionOf(written: TlsVersion | "TLS_AUTO" | undefined): TlsVersion | undefined {
  return written === "TLS_AUTO" ? undefined : written;
}

// Istio: what is unknown or repeated is left out, with a warning.
function knownSuites(written: readonly string[], place: Place): readonly string[] {
  const known = new Set<string>();
  for (const [index, suite] of written.entries()) {
    if (CIPHER_SUITES.has(suite) && !known.has(suite)) known.add(suite);
    else {
      const path = `${place.path}.cipherSuites[${index}]`;
      const what = known.has(suite) ? "is repeated" : "is not known to Envoy, or cannot be chosen";
      reportWarning(place.context, {
        offset: place.value("cipherSuites", index),
        path,
        code: "IST0133",
        message: `${path}: "${suite}" ${what}, and is left out`,
      });
    }
  }
  return [...known];
}

function refuse(place: Place, field: string, text: string, fix: string): false {
  const path = `${place.path}.${field}`;
  reportError(place.context, { offset: place.key(field), path, message: `${path} ${text}`, fix });
  return false;
}
