import { DataSourceSchema } from "../../gen/envoy/config/core/v3/base_pb.js";
import type { DataSource } from "../../gen/envoy/config/core/v3/base_pb.js";
import { SecretSchema } from "../../gen/envoy/extensions/transport_sockets/tls/v3/secret_pb.js";
import {
  authoritiesOf,
  certificateOf,
  clientAuthority,
  clientSecretsOf,
  identitySecret,
  isThere,
  secretsOf,
} from "../model/index.ts";
import type { ClientTls, Mesh, Proxy, Secret, ServerTls, TrafficPolicy, Workload } from "../model/types.ts";
import type { Resource } from "../snapshot/types.ts";
import { create } from "./create.ts";
import type { MergedRule } from "./destination-rule.ts";
import { secretResource } from "./resource.ts";
import { authoritySecret, credentialSecret, ownAuthorities, ownCertificate } from "./tls.ts";

/** What of a workload its Secrets are known by. */
export type SecretOwner = Pick<Workload, "namespace" | "serviceAccount">;

/** Secrets that a proxy asks for by name, out of those of its own namespace. */
interface SecretNames {
  readonly certificates: ReadonlySet<string>;
  readonly authorities: ReadonlySet<string>;
  /** Whether it needs the certificate of its own workload. */
  readonly own: boolean;
}

/** The secrets of a proxy: for the servers that it runs as a gateway, and for what it connects to. */
export function secretResources(mesh: Mesh, proxy: Proxy, rules: Iterable<MergedRule>): Resource[] {
  const near = nearSecrets(mesh, proxy);
  if (near.length === 0) return [];
  const { certificates, authorities, own } = namesOf(proxy, rules, mesh.config.outboundTls);
  return [
    ...(own ? ownSecrets(proxy.workload, near) : []),
    ...[...certificates].flatMap((name) => {
      const secret = certificateOf(name, near);
      return secret ? [certificateResource(credentialSecret(name), secret)] : [];
    }),
    ...[...authorities].flatMap((name) => {
      const secret = authoritiesOf(name, near);
      return secret ? [authorityResource(authoritySecret(name), secret)] : [];
    }),
  ];
}

/** Istio: a proxy may read the Secrets of its own namespace and of no other. */
function nearSecrets({ secrets }: Mesh, { workload }: { readonly workload: SecretOwner }): readonly Secret[] {
  return secrets.filter(({ ref }) => ref.namespace === workload.namespace);
}

/** Whether all Secrets of a server are there. Without one it would hold up every other server of its port. */
export function hasSecrets(mesh: Mesh, proxy: Proxy, tls: ServerTls | undefined): boolean {
  const near = nearSecrets(mesh, proxy);
  return secretsOf(tls, proxy.workload).every((needed) => isThere(needed, near));
}

/** Whether all Secrets of a client are there. Without one its connections must fail, and never go on in the clear. */
export function hasClientSecrets(mesh: Mesh, workload: SecretOwner, tls: ClientTls | undefined): boolean {
  const needed = clientSecretsOf(tls, workload);
  if (needed.length === 0) return true;
  const near = nearSecrets(mesh, { workload });
  return needed.every((one) => isThere(one, near));
}

function ownSecrets(workload: Workload, near: readonly Secret[]): Resource[] {
  const name = identitySecret(workload);
  const [certificate, authorities] = [certificateOf(name, near), authoritiesOf(name, near)];
  return [
    ...(certificate ? [certificateResource(ownCertificate, certificate)] : []),
    ...(authorities ? [authorityResource(ownAuthorities, authorities)] : []),
  ];
}

function namesOf(
  { kind, gateways }: Proxy,
  rules: Iterable<MergedRule>,
  undeclared: ClientTls | undefined,
): SecretNames {
  const certificates = new Set<string>();
  const authorities = new Set<string>();
  let own = false;
  for (const { tls } of gateways.flatMap(({ servers }) => servers)) {
    if (tls === undefined || tls.mode === "PASSTHROUGH") continue;
    own ||= tls.mode === "ISTIO_MUTUAL";
    for (const name of tls.credentialNames) certificates.add(name);
    const authority = clientAuthority(tls);
    if (authority !== undefined) authorities.add(authority);
  }
  const take = ({ credentialName: name, mode }: ClientTls, byName: boolean): void => {
    own ||= mode === "ISTIO_MUTUAL";
    if (name === undefined || !byName) return;
    authorities.add(name);
    if (mode === "MUTUAL") certificates.add(name);
  };
  for (const rule of rules) {
    // Sidecars get Secrets by name only by rules for chosen workloads.
    for (const tls of clientTlsOf(rule)) take(tls, rule.selecting || kind === "gateway");
  }
  if (undeclared !== undefined) take(undeclared, true);
  return { certificates, authorities, own };
}

function clientTlsOf({ trafficPolicy, subsets }: MergedRule): ClientTls[] {
  const policies: (TrafficPolicy | undefined)[] = [trafficPolicy, ...subsets.map((subset) => subset.trafficPolicy)];
  return policies
    .flatMap((policy) => [policy, ...(policy?.ports ?? [])])
    .flatMap((block) => (block?.tls ? [block.tls] : []));
}

function certificateResource(name: string, { ref, certificate = "", privateKey = "" }: Secret): Resource {
  const value = { certificateChain: inline(certificate), privateKey: inline(privateKey) };
  return secretResource(create(SecretSchema, { name, type: { case: "tlsCertificate", value } }), [ref]);
}

function authorityResource(name: string, { ref, authorities = "", revoked }: Secret): Resource {
  const value = { trustedCa: inline(authorities), ...(revoked === undefined ? {} : { crl: inline(revoked) }) };
  return secretResource(create(SecretSchema, { name, type: { case: "validationContext", value } }), [ref]);
}

function inline(pem: string): DataSource {
  return create(DataSourceSchema, { specifier: { case: "inlineBytes", value: new TextEncoder().encode(pem) } });
}
