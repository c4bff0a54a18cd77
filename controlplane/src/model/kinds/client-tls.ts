import { list } from "../decode/collections.ts";
import { reportError } from "../decode/context.ts";
import type { Decoder } from "../decode/decoder.ts";
import { defined, message, type Place } from "../decode/message.ts";
import { boolean, enumeration, nonEmptyString } from "../decode/scalars.ts";
import type { ClientTls } from "../types.ts";

type Mode = ClientTls["mode"];

/** Istio's own certificates need an authority that gives every workload one. */
const mode: Decoder<Mode> = (value, path, context) => {
  if (value.kind === "scalar" && value.source === "ISTIO_MUTUAL")
    return reportError(context, {
      offset: value.offset,
      path,
      code: "SLU0004",
      message: `${path}: ISTIO_MUTUAL needs a certificate authority of the mesh, which Sluice does not have yet`,
      allowed: "DISABLE, SIMPLE, MUTUAL",
      fix: "write MUTUAL, with clientCertificate, privateKey and caCertificates",
    });
  return modeByName(value, path, context);
};
const modeByName = enumeration(["DISABLE", "SIMPLE", "MUTUAL"]);

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
    if (given.mode === "MUTUAL" && credentialName === undefined) {
      if (clientCertificate === undefined)
        return refuse(place, "clientCertificate", "is required when mode is MUTUAL", "add clientCertificate: FILE");
      if (privateKey === undefined)
        return refuse(place, "privateKey", "is required when mode is MUTUAL", "add privateKey: FILE");
    }
    if (given.insecureSkipVerify === true && given.caCertificates !== undefined)
      return refuse(place, "insecureSkipVerify", "leaves caCertificates without use", "keep one of the two");
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
