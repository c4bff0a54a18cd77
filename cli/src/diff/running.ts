import type { ComparedMesh } from "@sluice/controlplane";
import type { ControlPlaneApi } from "../mesh/api.ts";

/** What a running control plane wants of its proxies. */
export async function runningMesh(api: ControlPlaneApi): Promise<ComparedMesh> {
  const proxies = await api.proxies();
  const entries = await Promise.all(
    proxies.map(async ({ id }) => {
      const resources = (await api.resources(id)).filter(({ state }) => state !== "LEAVING");
      const compared = resources.map(({ type, name, wanted = "", objects, config }) => ({
        type,
        name,
        version: wanted,
        objects,
        config: () => Promise.resolve(config),
      }));
      return [id, compared] as const;
    }),
  );
  return new Map(entries);
}
