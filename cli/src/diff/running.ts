import type { ComparedMesh, ComparedResource } from "@sluice/controlplane";
import type { ControlPlaneApi } from "../mesh/api.ts";

/** What a running control plane wants of its proxies. */
export async function runningMesh(api: ControlPlaneApi): Promise<ComparedMesh> {
  const proxies = await api.proxies();
  return new Map(await Promise.all(proxies.map(async ({ id }) => [id, await resourcesOf(api, id)] as const)));
}

/** What it wants of one. */
export async function resourcesOf(api: ControlPlaneApi, id: string): Promise<readonly ComparedResource[]> {
  const resources = (await api.resources(id)).filter(({ state }) => state !== "LEAVING");
  return resources.map(({ type, name, wanted = "", objects, config }) => ({
    type,
    name,
    version: wanted,
    objects,
    config: () => Promise.resolve(config),
  }));
}
