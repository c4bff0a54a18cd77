import type { HttpRoute, VirtualService } from "../model/types.ts";
import { resolve } from "./destination.ts";
import type { Target } from "./destination.ts";
import { faultInjectionsFor } from "./fault-injections.ts";
import { headerPoliciesFor } from "./header-policies.ts";
import { appliesTo } from "./view.ts";
import type { RouteView } from "./view.ts";

/** What a rule's routes are made of beside the rule and MeshConfig. */
interface RuleInputs {
  /** Which of its matches can hold for the view. */
  readonly applying: string;
  readonly targets: readonly Target[];
  readonly redirectPort: number;
  /** The injections and HeaderPolicies for it. */
  readonly policies: readonly unknown[];
}

/** What a VirtualService's routes are made of beside itself and MeshConfig, and a name for it. */
export interface RouteInputs {
  readonly name: string;
  readonly rules: readonly RuleInputs[];
}

/** For the views of most meshes these are the same: the hosts and ports of a gateway then have their routes in common. */
export function routeInputs(virtualService: VirtualService, view: RouteView): RouteInputs {
  const rules = virtualService.http.map((http) => ruleInputs(http, view));
  const { namespace, name } = virtualService.ref;
  const all = rules.map(({ applying, targets, redirectPort }) => {
    const clusters = targets.map(({ cluster }) => cluster);
    return `${applying} ${redirectPort || ""} ${clusters.join(" ")}`;
  });
  return { name: `routes ${namespace}/${name} ${all.join(";")}`, rules };
}

function ruleInputs(http: HttpRoute, view: RouteView): RuleInputs {
  return {
    applying: http.match.map((match) => (appliesTo(match, view) ? "1" : "0")).join(""),
    targets: [...http.route, ...http.mirrors].map(({ destination }) => resolve(destination, view)),
    redirectPort: http.redirect?.port === "request" ? view.port : 0,
    policies: policiesOf(http.name, view),
  };
}

/** The inputs of a route to a service that no VirtualService speaks of. */
export function defaultInputs(target: Target, view: RouteView): readonly unknown[] {
  return [target, policiesOf(undefined, view)];
}

function policiesOf(route: string | undefined, view: RouteView): readonly unknown[] {
  const { index, client: workload, host = "" } = view;
  return [
    ...faultInjectionsFor(index.mesh, { side: "CLIENT", workload, host, route }, index.now),
    ...headerPoliciesFor(view, route),
  ];
}
