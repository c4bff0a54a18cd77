import { reportError } from "../decode/context.ts";
import type { Decoder } from "../decode/decoder.ts";
import { defined, message } from "../decode/message.ts";
import type { Value } from "../../config/value.ts";
import type { ObjectMeta } from "../object-meta.ts";
import type { Secret } from "../types.ts";

type SecretSpec = Omit<Secret, "ref" | "labels">;

/** Names of Kubernetes and, after them, those that Istio takes too; the last are those of a workload's own certificate. */
const CERTIFICATE = ["tls.crt", "cert", "cert-chain.pem"];
const KEY = ["tls.key", "key", "key.pem"];
const AUTHORITIES = ["ca.crt", "cacert", "root-cert.pem"];
const REVOKED = ["ca.crl", "crl"];
const KNOWN = [...CERTIFICATE, ...KEY, ...AUTHORITIES, ...REVOKED];

/** Reads the fields that may have certificates, and none of the others. No message says what it has found. */
function fields(read: (text: string) => string | undefined, encoding: string): Decoder<ReadonlyMap<string, string>> {
  return (value, path, context) => {
    const found = new Map<string, string>();
    if (value.kind !== "map")
      return reportError(context, { offset: value.offset, path, message: `${path} must be a map of names to values` });
    let good = true;
    for (const { key, value: written } of value.entries.filter((entry) => KNOWN.includes(entry.key))) {
      const text = textOf(written);
      const pem = text === undefined ? undefined : read(text);
      if (pem?.includes("-----BEGIN ") === true) found.set(key, pem);
      else {
        good = false;
        const here = `${path}["${key}"]`;
        reportError(context, { offset: written.offset, path: here, message: `${here} is not PEM${encoding}` });
      }
    }
    return good ? found : undefined;
  };
}

function textOf(value: Value): string | undefined {
  return value.kind === "scalar" && typeof value.value === "string" ? value.value : undefined;
}

function fromBase64(text: string): string | undefined {
  try {
    return atob(text.replace(/\s/g, ""));
  } catch {
    return undefined;
  }
}

/** Kubernetes: Secret, as far as it has certificates; others may stand in the folder and mean nothing. */
export const secretSpec: Decoder<SecretSpec> = message(
  "Secret",
  {
    optional: { data: fields(fromBase64, " in base64"), stringData: fields((text) => text, "") },
    ignored: ["type", "immutable"],
  },
  (given, place): SecretSpec | undefined => {
    const all = new Map([...(given.data ?? []), ...(given.stringData ?? [])]);
    const first = (names: readonly string[]): string | undefined =>
      names.map((name) => all.get(name)).find((text) => text !== undefined);
    const [certificate, privateKey] = [first(CERTIFICATE), first(KEY)];
    if ((certificate === undefined) !== (privateKey === undefined)) {
      const missing = certificate === undefined ? "tls.crt" : "tls.key";
      return reportError(place.context, {
        offset: place.offset,
        path: "data",
        message: `data has a ${certificate === undefined ? "key without its certificate" : "certificate without its key"}`,
        fix: `add ${missing}`,
      });
    }
    return defined({ certificate, privateKey, authorities: first(AUTHORITIES), revoked: first(REVOKED) });
  },
);

export function buildSecret(meta: ObjectMeta, spec: SecretSpec): Secret {
  return { ref: meta.ref, labels: meta.labels, ...spec };
}
