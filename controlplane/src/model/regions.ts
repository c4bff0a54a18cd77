import type { EndpointSlice } from "./kinds/endpoint-slice.ts";
import type { Workload } from "./types.ts";

/**
 * Slices with the regions of their endpoints' zones. Kubernetes names the zone alone, as the region is a label of the
 * node; so it is that of the workloads in a zone of this name, if all of them say the same. A zone of an unknown region
 * stays one without a region, which is nobody's: such endpoints are as far from everybody as those of another region.
 */
export function withRegions(
  slices: readonly EndpointSlice[],
  workloads: readonly Workload[],
): readonly EndpointSlice[] {
  if (!slices.some(({ endpoints }) => endpoints.some(isLacking))) return slices;
  const regions = regionsOf(workloads);
  return slices.map((slice) => ({
    ...slice,
    endpoints: slice.endpoints.map((endpoint) => {
      const region = isLacking(endpoint) ? regions.get(endpoint.locality?.slice(1) ?? "") : undefined;
      return region === undefined ? endpoint : { ...endpoint, locality: `${region}${endpoint.locality ?? ""}` };
    }),
  }));
}

function isLacking({ locality }: { readonly locality?: string }): boolean {
  return locality?.startsWith("/") === true;
}

/** By zone, but for zones of which there are several. */
function regionsOf(workloads: readonly Workload[]): ReadonlyMap<string, string> {
  const all = new Map<string, Set<string>>();
  for (const { locality = "" } of workloads) {
    const [region = "", zone = ""] = locality.split("/");
    if (zone !== "") all.set(zone, (all.get(zone) ?? new Set()).add(region));
  }
  return new Map([...all].flatMap(([zone, [region = "", ...others]]) => (others.length === 0 ? [[zone, region]] : [])));
}
