import { selects } from "../../model/lookup/selector.ts";
import type { VirtualService } from "../../model/types.ts";
import { nameOf, type Found, type Inventory, type Item } from "../inventory.ts";
import { plainAt, plainKeys, plainLabels, plainList, plainText } from "../plain.ts";

/** Rules that do not do at a gateway what they seem to. */
export function checkVirtualServices(inventory: Inventory): readonly Found[] {
  return [
    ...inventory.items("VirtualService").flatMap((item) => claimsWithoutAuthentication(item, inventory)),
    ...inventory.lists.virtualServices.flatMap((one) => subsetsPassedBy(one, inventory)),
  ];
}

/** Claims are there only where a RequestAuthentication has checked a token. */
function claimsWithoutAuthentication({ ref, spec }: Item, inventory: Inventory): Found[] {
  const places = plainList(plainAt(spec, "http")).flatMap((http, rule) =>
    plainList(plainAt(http, "match")).flatMap((match, index) => {
      const names = ["headers", "withoutHeaders"].flatMap((field) => plainKeys(plainAt(match, field)));
      return names.some((name) => name.startsWith("@request.auth.claims"))
        ? [`spec.http[${rule}].match[${index}]`]
        : [];
    }),
  );
  const names = plainList(plainAt(spec, "gateways")).map(plainText);
  const gateways = names.map((name) => (name.includes("/") ? name : `${ref.namespace}/${name}`));
  if (places.length === 0 || authenticates(gateways, inventory)) return [];
  return places.map((field) => ({
    code: "IST0149",
    object: ref,
    field,
    message: `${field} looks at a claim, and no RequestAuthentication checks tokens at its gateways`,
    fix: "add a RequestAuthentication that selects the gateway",
  }));
}

function authenticates(names: readonly string[], { mesh, items }: Inventory): boolean {
  const workloads = mesh.proxies
    .filter(({ gateways }) => gateways.some(({ ref }) => names.includes(`${ref.namespace}/${ref.name}`)))
    .map(({ workload }) => workload);
  return items("RequestAuthentication").some(({ ref, spec }) => {
    const selector = plainLabels(plainAt(spec, "selector", "matchLabels"));
    return workloads.some(
      ({ namespace, labels }) =>
        (ref.namespace === mesh.config.rootNamespace || ref.namespace === namespace) && selects(selector, labels),
    );
  });
}

/** Rules for sidecars with subsets do not hold for what a gateway sends to the same host past them. */
function subsetsPassedBy({ ref, http, gateways, hosts }: VirtualService, { lists }: Inventory): Found[] {
  if (!gateways.includes("mesh") || gateways.length > 1) return [];
  const rule = http.findIndex(({ route }) => route.some(({ destination }) => destination.subset !== undefined));
  if (rule < 0) return [];
  return lists.virtualServices.flatMap((other): Found[] => {
    if (other.gateways.includes("mesh")) return [];
    const passes = other.http.some(({ route }) =>
      route.some(({ destination }) => hosts.includes(destination.host) && destination.subset === undefined),
    );
    if (!passes) return [];
    const message = `its subsets do not hold for requests that ${nameOf(other.ref)} sends from a gateway to the same host`;
    const fix = "choose the subset there, too";
    return [{ code: "IST0140", object: ref, field: `spec.http[${rule}]`, message, fix }];
  });
}
