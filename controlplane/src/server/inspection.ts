import { explainConnection, explainRequest } from "../explain/index.ts";
import { explainAuthorization } from "../policy/index.ts";
import { placeOf } from "../status/proxies.ts";
import { compareDump } from "./compare.ts";
import type { Fleet } from "./fleet.ts";
import type { HttpSource } from "./http.ts";
import { inspect, resourceViews } from "./inspect.ts";
import type { MeshRunner } from "./mesh-runner.ts";
import { waitForAcks } from "./wait.ts";
import type { Changes } from "./wait.ts";

/** The part of the HTTP API that looks into the fleet. */
export function inspection(
  fleet: Fleet,
  runner: MeshRunner,
  changes: Changes,
): Pick<HttpSource, "resources" | "compare" | "wait" | "quarantine" | "explain" | "explainConnection"> {
  return {
    resources: (id, filter) => resourceViews(fleet, id, filter),
    compare(id, dump) {
      const view = inspect(fleet, id);
      return view === undefined ? undefined : compareDump(view.resources, dump);
    },
    wait: (filter, timeoutMs) => waitForAcks(() => runner.status(), changes, filter, timeoutMs),
    explain: (question) => explainRequest(runner.mesh, question, { authorize: explainAuthorization, now: Date.now() }),
    explainConnection: (question) =>
      explainConnection(runner.mesh, question, { authorize: explainAuthorization, now: Date.now() }),
    quarantine: () =>
      fleet.quarantine.rejections.map(({ resource, good, by, proxyClass, message, local }) => ({
        type: resource.kind,
        name: resource.name,
        version: resource.version,
        proxyClass,
        message,
        rejectedBy: [...by],
        local,
        ...(good === undefined ? {} : { instead: good.version }),
        objects: resource.origins.map(placeOf),
      })),
  };
}
