import { list } from "../decode/collections.ts";
import { reportError } from "../decode/context.ts";
import type { Decoder } from "../decode/decoder.ts";
import { message, type Place } from "../decode/message.ts";
import type { AuthorizationSource, ValueMatch } from "../types.ts";
import {
  ipBlock,
  namespaceMatch,
  principalMatch,
  requestPrincipalMatch,
  serviceAccountMatch,
  valueMatch,
} from "./authorization-value.ts";

const MAX_SERVICE_ACCOUNTS = 16;

const FIELDS = {
  principals: list(principalMatch),
  notPrincipals: list(principalMatch),
  requestPrincipals: list(requestPrincipalMatch),
  notRequestPrincipals: list(requestPrincipalMatch),
  namespaces: list(namespaceMatch),
  notNamespaces: list(namespaceMatch),
  serviceAccounts: list(serviceAccountMatch),
  notServiceAccounts: list(serviceAccountMatch),
  trustDomains: list(valueMatch),
  notTrustDomains: list(valueMatch),
  ipBlocks: list(ipBlock),
  notIpBlocks: list(ipBlock),
  remoteIpBlocks: list(ipBlock),
  notRemoteIpBlocks: list(ipBlock),
} as const satisfies Record<keyof AuthorizationSource, Decoder<readonly ValueMatch[]>>;

/** Istio: Source. */
const source = message("Source", { optional: FIELDS }, (given, place): AuthorizationSource | undefined => {
  const lists = Object.entries(given).filter(([, values]) => values !== undefined && values.length > 0);
  if (lists.length === 0)
    return reportError(place.context, {
      offset: place.offset,
      path: place.path,
      message: `${place.path} must have a value in one of its lists`,
      allowed: Object.keys(FIELDS).join(", "),
      fix: "to match every peer, leave out from",
    });
  const read: AuthorizationSource = Object.fromEntries(lists);
  return serviceAccountsFit(read, place) ? read : undefined;
});

/** Istio: a service account says what a principal and a namespace say, so it stands alone; and there are at most 16. */
function serviceAccountsFit(given: AuthorizationSource, place: Place): boolean {
  for (const field of ["serviceAccounts", "notServiceAccounts"] as const) {
    const count = given[field]?.length ?? 0;
    const path = `${place.path}.${field}`;
    const beside = (["principals", "notPrincipals", "namespaces", "notNamespaces"] as const).find(
      (other) => (given[other]?.length ?? 0) > 0,
    );
    if (count > 0 && beside !== undefined)
      reportError(place.context, {
        offset: place.key(field),
        path,
        message: `${path} must not stand beside ${beside}`,
        fix: "write the namespace into the service account: NAMESPACE/NAME",
      });
    else if (count > MAX_SERVICE_ACCOUNTS)
      reportError(place.context, {
        offset: place.key(field),
        path,
        message: `${path} has ${count} items, which is too many`,
        allowed: `at most ${MAX_SERVICE_ACCOUNTS}`,
        fix: "write them in several sources",
      });
    else continue;
    return false;
  }
  return true;
}

/** Istio: Rule.From. */
export const from = message("Rule.From", { required: { source }, inside: { "*": "source" } }, (given) => given.source);
