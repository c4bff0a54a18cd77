import type { ResourceDifference, ResourceView } from "@sluice/controlplane";
import { Failure } from "../failure.ts";
import type { ControlPlaneApi } from "../mesh/api.ts";
import { fetchDump } from "../mesh/reach.ts";

/** What a proxy was given, and what it says of itself. */
export interface ProxyResource extends ResourceView {
  /** Absent where the Envoy was not asked, or does not tell (endpoints). */
  readonly running?: ResourceDifference["state"];
}

export interface ProxyView {
  readonly resources: readonly ProxyResource[];
  /** Why the Envoy itself was not asked. */
  readonly unasked?: string;
}

/** Asks the control plane, and then the Envoy: at `admin`, or where it is known to be; only there it must answer. */
export async function readProxy(
  api: ControlPlaneApi,
  id: string,
  type: string | undefined,
  admin: string | undefined,
): Promise<ProxyView> {
  const views = await api.resources(id, type);
  const dump = await fetchDump(id, admin).catch((error: unknown) => {
    if (admin === undefined && error instanceof Failure) return error;
    throw error;
  });
  if (typeof dump !== "string") return { resources: views, unasked: dump.message };
  const differences = (await api.compare(id, dump)).filter((one) => type === undefined || one.type === type);
  const states = new Map(differences.map((one) => [`${one.type} ${one.name}`, one.state]));
  const known = views.map((view) => {
    const running = states.get(`${view.type} ${view.name}`);
    return running === undefined ? view : { ...view, running };
  });
  const extra = differences
    .filter(
      ({ state, name, type: kind }) => state === "extra" && !views.some((v) => v.type === kind && v.name === name),
    )
    .map(({ type: kind, name }): ProxyResource => ({
      type: kind,
      name,
      state: "LEAVING",
      objects: [],
      running: "extra",
    }));
  return { resources: [...known, ...extra] };
}
