import { list } from "../decode/collections.ts";
import { reportError } from "../decode/context.ts";
import { defined, message, type Place } from "../decode/message.ts";
import { boolean, enumeration, nonEmptyString } from "../decode/scalars.ts";
import type { ClientTls } from "../types.ts";

const mode = enumeration(["DISABLE", "SIMPLE", "MUTUAL", "ISTIO_MUTUAL"]);

const FILES = ["clientCertificate", "privateKey", "caCertificates", "caCrl"] as const;

/** Istio: ClientTLSSettings. */
export const clientTls = message(
  "ClientTLSSettings",
  {
    required: { mode },
    optional: {
      clientCertificate: nonEmptyString,
      privateKey: nonEmptyString,
      caCertificates: nonEmptyString,
      caCrl: nonEmptyString,
      credentialName: nonEmptyString,
      subjectAltNames: list(nonEmptyString),
      sni: nonEmptyString,
      insecureSkipVerify: boolean,
    },
    examples: { mode: "SIMPLE" },
  },
  (given, place): ClientTls | undefined => {
    const { clientCertificate, privateKey, credentialName } = given;
    const file = FILES.find((name) => given[name] !== undefined);
    if (credentialName !== undefined && file !== undefined)
      return refuse(place, file, "cannot stand beside credentialName", "keep one of the two");
    const own = [...FILES, "credentialName" as const].find((name) => given[name] !== undefined);
    if (given.mode === "ISTIO_MUTUAL" && own !== undefined)
      return refuse(
        place,
        own,
        "cannot stand beside mode ISTIO_MUTUAL, which uses the certificate that the workload itself has",
        "write mode: MUTUAL, or remove it",
      );
    if (given.mode === "MUTUAL" && credentialName === undefined) {
      if (clientCertificate === undefined)
        return refuse(place, "clientCertificate", "is required when mode is MUTUAL", "add clientCertificate: FILE");
      if (privateKey === undefined)
        return refuse(place, "privateKey", "is required when mode is MUTUAL", "add privateKey: FILE");
    }
    const checked =
      given.caCertificates !== undefined ? "caCertificates" : given.subjectAltNames?.[0] && "subjectAltNames";
    if (given.insecureSkipVerify === true && checked !== undefined)
      return refuse(place, "insecureSkipVerify", `leaves ${checked} without use`, "keep one of the two");
    return defined({
      mode: given.mode,
      sni: given.sni,
      subjectAltNames: given.subjectAltNames ?? [],
      caCertificates: given.caCertificates,
      caCrl: given.caCrl,
      client:
        given.mode === "MUTUAL" && clientCertificate !== undefined && privateKey !== undefined
          ? { certificate: clientCertificate, privateKey }
          : undefined,
      credentialName,
      insecureSkipVerify: given.insecureSkipVerify ?? false,
    });
  },
);

function refuse(place: Place, field: string, text: string, fix: string): undefined {
  const path = `${place.path}.${field}`;
  return reportError(place.context, { offset: place.key(field), path, message: `${path} ${text}`, fix });
}
