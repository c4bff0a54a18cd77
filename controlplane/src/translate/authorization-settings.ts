import { DEFAULT_AUTHORIZATION, usableProviders } from "../model/index.ts";
import type { AuthorizationProvider, Mesh } from "../model/types.ts";
import type { AuthorizationOptions, TrustDomains } from "../policy/index.ts";

/** What a mesh's own settings make of authorization, for all of its proxies alike. */
export interface MeshAuthorization {
  readonly options: AuthorizationOptions & { readonly trust: TrustDomains; readonly providers: ReadonlySet<string> };
  /** Those that can be asked, by name. */
  readonly providers: readonly AuthorizationProvider[];
}

export function meshAuthorization(mesh: Mesh): MeshAuthorization {
  const { trustDomain, trustDomainAliases, explain } = mesh.config.authorization ?? DEFAULT_AUTHORIZATION;
  const providers = usableProviders(mesh);
  return {
    options: {
      trust: { domain: trustDomain, aliases: trustDomainAliases },
      providers: new Set(providers.map(({ name }) => name)),
      ...(explain === undefined ? {} : { explain }),
    },
    providers,
  };
}
