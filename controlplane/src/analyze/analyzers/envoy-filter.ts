import type { Found, Inventory, Item } from "../inventory.ts";
import { plainAt, plainList, plainText, type Plain } from "../plain.ts";

const RELATIVE = ["INSERT_BEFORE", "INSERT_AFTER", "INSERT_FIRST"];
/** Of these Istio only ever merges, adds or removes whole ones. */
const REPLACEABLE = ["NETWORK_FILTER", "HTTP_FILTER"];
const PARTS_OF_ROUTES = ["ROUTE_CONFIGURATION", "HTTP_ROUTE"];

/** Patches that do nothing, or whose effect hangs on the order in which EnvoyFilters are applied. */
export function checkEnvoyFilters({ items }: Inventory): readonly Found[] {
  return items("EnvoyFilter").flatMap((item) =>
    plainList(plainAt(item.spec, "configPatches")).flatMap((patch, index) => {
      const field = `spec.configPatches[${index}].patch.operation`;
      return problems(item, patch).map(({ code, message, fix }) => ({ code, object: item.ref, field, message, fix }));
    }),
  );
}

type Problem = Pick<Found, "code" | "message"> & { readonly fix: string };

function problems({ spec }: Item, patch: Plain): Problem[] {
  const operation = plainText(plainAt(patch, "patch", "operation"));
  const applyTo = plainText(plainAt(patch, "applyTo"));
  const where = `${operation} of a ${applyTo}`;
  if (operation === "REPLACE" && !REPLACEABLE.includes(applyTo))
    return [ignored("IST0152", where, `use MERGE, or applyTo ${REPLACEABLE.join(" or ")}`)];
  if (operation === "ADD" && PARTS_OF_ROUTES.includes(applyTo))
    return [ignored("IST0153", where, applyTo === "HTTP_ROUTE" ? "use INSERT_FIRST or INSERT_BEFORE" : "use MERGE")];
  if (operation === "REMOVE" && PARTS_OF_ROUTES.includes(applyTo))
    return [ignored("IST0154", where, "remove it where it comes from, in the VirtualService")];
  return RELATIVE.includes(operation) ? relative(spec, patch, operation) : [];
}

function ignored(code: string, where: string, fix: string): Problem {
  return { code, message: `${where} is ignored by Istio`, fix };
}

function relative(spec: Plain | undefined, patch: Plain, operation: string): Problem[] {
  if (Number(plainAt(spec, "priority") ?? 0) !== 0) return [];
  const fix = "add priority to the EnvoyFilter";
  const message = `${operation} without a priority depends on which EnvoyFilter is applied first`;
  return plainText(plainAt(patch, "match", "proxy", "proxyVersion")) === ""
    ? [{ code: "IST0151", message, fix }]
    : [{ code: "IST0155", message: `${message}, and on which of them its proxyVersion lets in`, fix }];
}
