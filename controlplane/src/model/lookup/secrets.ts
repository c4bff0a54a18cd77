import type { ClientTls, Secret, ServerTls, Workload } from "../types.ts";

/** A certificate with its key, by the name of its Secret. */
export function certificateOf(name: string, secrets: readonly Secret[]): Secret | undefined {
  return secrets.find(({ ref, certificate }) => ref.name === name && certificate !== undefined);
}

/** Authorities that the other side is checked by; Istio: those of NAME-cacert, or of NAME itself. */
export function authoritiesOf(name: string, secrets: readonly Secret[]): Secret | undefined {
  const named = (wanted: string): Secret | undefined =>
    secrets.find(({ ref, authorities }) => ref.name === wanted && authorities !== undefined);
  return named(`${name}-cacert`) ?? named(name);
}

/**
 * The Secret with a workload's own certificate, in its namespace, by the name that Istio gave it before its agents asked
 * for certificates themselves.
 */
export function identitySecret({ serviceAccount }: Pick<Workload, "serviceAccount">): string {
  return `istio.${serviceAccount === "" ? "default" : serviceAccount}`;
}

/** A Secret that a proxy cannot do without. */
export interface NeededSecret {
  /** Where below `tls` it is named; "mode" where that alone asks for it. */
  readonly field: string;
  readonly name: string;
  readonly what: "certificate" | "authorities";
}

/** The Secrets that a server's TLS needs. */
export function secretsOf(
  tls: ServerTls | undefined,
  workload: Pick<Workload, "serviceAccount">,
): readonly NeededSecret[] {
  if (tls === undefined || tls.mode === "PASSTHROUGH") return [];
  if (tls.mode === "ISTIO_MUTUAL") return ownSecrets(workload);
  const field = tls.credentialNames.length > 1 ? "credentialNames" : "credentialName";
  const certificates = tls.credentialNames.map((name): NeededSecret => ({ field, name, what: "certificate" }));
  const authority = clientAuthority(tls);
  if (authority === undefined) return certificates;
  const where = tls.caCertCredentialName === undefined ? field : "caCertCredentialName";
  return [...certificates, { field: where, name: authority, what: "authorities" }];
}

/** The Secrets that a client's TLS needs. */
export function clientSecretsOf(
  tls: ClientTls | undefined,
  workload: Pick<Workload, "serviceAccount">,
): readonly NeededSecret[] {
  const { mode = "DISABLE", credentialName: name, insecureSkipVerify = false } = tls ?? {};
  if (mode === "ISTIO_MUTUAL") return ownSecrets(workload);
  if (mode === "DISABLE" || name === undefined) return [];
  const field = "credentialName";
  return [
    ...(mode === "MUTUAL" ? [{ field, name, what: "certificate" } as const] : []),
    ...(insecureSkipVerify ? [] : [{ field, name, what: "authorities" } as const]),
  ];
}

function ownSecrets(workload: Pick<Workload, "serviceAccount">): readonly NeededSecret[] {
  const name = identitySecret(workload);
  return (["certificate", "authorities"] as const).map((what) => ({ field: "mode", name, what }));
}

/** Whether one of the Secrets is what is needed. */
export function isThere({ name, what }: NeededSecret, secrets: readonly Secret[]): boolean {
  return (what === "certificate" ? certificateOf(name, secrets) : authoritiesOf(name, secrets)) !== undefined;
}

/** Name of the Secret whose authorities clients are checked by; undefined where files, or nobody, do that. */
export function clientAuthority(tls: Exclude<ServerTls, { mode: "PASSTHROUGH" }>): string | undefined {
  if (tls.mode === "SIMPLE" || tls.mode === "ISTIO_MUTUAL" || tls.insecureSkipVerify === true) return undefined;
  return tls.caCertCredentialName ?? (tls.caCertificates === undefined ? tls.credentialNames[0] : undefined);
}
