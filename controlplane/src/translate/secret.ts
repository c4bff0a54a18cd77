import { create } from "@bufbuild/protobuf";
import { DataSourceSchema } from "../../gen/envoy/config/core/v3/base_pb.js";
import type { DataSource } from "../../gen/envoy/config/core/v3/base_pb.js";
import { SecretSchema } from "../../gen/envoy/extensions/transport_sockets/tls/v3/secret_pb.js";
import { authoritiesOf, certificateOf, clientAuthority, isThere, secretsOf } from "../model/index.ts";
import type { Mesh, Proxy, Secret, ServerTls } from "../model/types.ts";
import type { Resource } from "../snapshot/types.ts";
import type { MergedRule } from "./destination-rule.ts";
import { secretResource } from "./resource.ts";
import { authoritySecret, credentialSecret } from "./tls.ts";

/** Secrets that a proxy asks for by name, out of those of its own namespace. */
interface SecretNames {
  readonly certificates: ReadonlySet<string>;
  readonly authorities: ReadonlySet<string>;
}

/** The secrets of a proxy: for the servers that it runs as a gateway, and for what it connects to. */
export function secretResources(mesh: Mesh, proxy: Proxy, rules: Iterable<MergedRule>): Resource[] {
  const near = nearSecrets(mesh, proxy);
  if (near.length === 0) return [];
  const { certificates, authorities } = namesOf(proxy, rules);
  return [
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
function nearSecrets({ secrets }: Mesh, { workload }: Proxy): readonly Secret[] {
  return secrets.filter(({ ref }) => ref.namespace === workload.namespace);
}

/** Whether all Secrets of a server are there. Without one it would hold up every other server of its port. */
export function hasSecrets(mesh: Mesh, proxy: Proxy, tls: ServerTls | undefined): boolean {
  const near = nearSecrets(mesh, proxy);
  return secretsOf(tls).every((needed) => isThere(needed, near));
}

function namesOf({ gateways }: Proxy, rules: Iterable<MergedRule>): SecretNames {
  const certificates = new Set<string>();
  const authorities = new Set<string>();
  for (const { tls } of gateways.flatMap(({ servers }) => servers)) {
    if (tls === undefined || tls.mode === "PASSTHROUGH") continue;
    for (const name of tls.credentialNames) certificates.add(name);
    const authority = clientAuthority(tls);
    if (authority !== undefined) authorities.add(authority);
  }
  for (const { trafficPolicy, subsets } of rules) {
    const policies = [trafficPolicy, ...subsets.map((subset) => subset.trafficPolicy)];
    for (const block of policies.flatMap((policy) => [policy, ...(policy?.ports ?? [])])) {
      const { credentialName: name, mode } = block?.tls ?? {};
      if (name === undefined) continue;
      authorities.add(name);
      if (mode === "MUTUAL") certificates.add(name);
    }
  }
  return { certificates, authorities };
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
