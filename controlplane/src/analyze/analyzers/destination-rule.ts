import type { ClientTls, DestinationRule } from "../../model/types.ts";
import type { Found, Inventory } from "../inventory.ts";

/** TLS to a server whose certificate is checked against no authority that the user has named. */
export function checkDestinationRules({ lists }: Inventory): readonly Found[] {
  return lists.destinationRules.flatMap((rule) => [
    ...ofPolicy(rule, "spec.trafficPolicy", rule.trafficPolicy),
    ...rule.subsets.flatMap(({ trafficPolicy }, index) =>
      ofPolicy(rule, `spec.subsets[${index}].trafficPolicy`, trafficPolicy),
    ),
  ]);
}

function ofPolicy({ ref }: DestinationRule, path: string, policy: DestinationRule["trafficPolicy"]): Found[] {
  const ports = policy?.ports ?? [];
  return [
    ...(isUnchecked(policy?.tls) ? [unchecked(ref, "IST0128", `${path}.tls`, policy?.tls)] : []),
    ...ports.flatMap(({ tls }, index) =>
      isUnchecked(tls) ? [unchecked(ref, "IST0129", `${path}.portLevelSettings[${index}].tls`, tls)] : [],
    ),
  ];
}

function isUnchecked(tls: ClientTls | undefined): boolean {
  if (tls === undefined || tls.mode === "DISABLE" || tls.mode === "ISTIO_MUTUAL" || tls.insecureSkipVerify)
    return false;
  return tls.caCertificates === undefined && tls.credentialName === undefined;
}

function unchecked(object: DestinationRule["ref"], code: string, field: string, tls: ClientTls | undefined): Found {
  return {
    code,
    object,
    field,
    message: `${field} has mode ${tls?.mode} without caCertificates: any server with a certificate that the machine trusts is taken`,
    fix: "add caCertificates, and subjectAltNames for whom you mean",
  };
}
