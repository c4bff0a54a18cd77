import type { Found, Inventory, Item } from "../inventory.ts";
import { plainAt, plainList, plainText } from "../plain.ts";

/** istiod's list of addresses that it never asks for keys. */
const BLOCKED = "BLOCKED_CIDRS_IN_JWKS_URIS";

/** Whoever may write a RequestAuthentication may have istiod fetch any URL, if nothing holds it back. */
export function checkIstiod({ items }: Inventory): readonly Found[] {
  const uris = items("RequestAuthentication").filter(hasUri);
  if (uris.length === 0) return [];
  return items("Deployment")
    .filter(({ labels, spec }) => labels["app"] === "istiod" && !isRestricted(spec))
    .map(({ ref }) => ({
      code: "IST0175",
      object: ref,
      field: "spec.template.spec.containers",
      message: `this istiod fetches the keys of ${uris.length === 1 ? "a RequestAuthentication" : `${uris.length} RequestAuthentications`} from any address, also from those of the cluster's own network`,
      fix: `set the environment variable ${BLOCKED}, such as 169.254.0.0/16,127.0.0.0/8`,
    }));
}

function hasUri({ spec }: Item): boolean {
  return plainList(plainAt(spec, "jwtRules")).some((rule) => plainText(plainAt(rule, "jwks")) === "");
}

function isRestricted(spec: Item["spec"]): boolean {
  const containers = plainList(plainAt(spec, "template", "spec", "containers"));
  const variables = containers.flatMap((container) => plainList(plainAt(container, "env")));
  return variables.some(
    (variable) =>
      plainText(plainAt(variable, "name")) === BLOCKED &&
      (plainText(plainAt(variable, "value")) !== "" || plainAt(variable, "valueFrom") !== undefined),
  );
}
