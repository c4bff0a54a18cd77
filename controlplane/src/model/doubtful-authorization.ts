import { DEFAULT_AUTHORIZATION } from "./authorization-settings.ts";
import type { AuthorizationProvider } from "./authorization-settings.ts";
import type { Diagnostic } from "./diagnostic.ts";
import { didYouMean, listAllowed } from "./suggestion.ts";
import type { AuthorizationPolicy, Mesh } from "./types.ts";

/** CUSTOM policies whose provider is not there, or cannot be asked: what they match is denied. */
export function doubtfulAuthorization(mesh: Mesh): Diagnostic[] {
  const { providers } = mesh.config.authorization ?? DEFAULT_AUTHORIZATION;
  return mesh.authorizationPolicies.flatMap((policy) => {
    if (policy.provider === undefined) return [];
    const provider = providers.find(({ name }) => name === policy.provider);
    if (provider !== undefined) return unreachable(policy, provider, mesh);
    const names = providers.map(({ name }) => name);
    return [
      warning(
        policy,
        `the mesh has no extension provider "${policy.provider}", so all that the policy matches is denied`,
        {
          allowed: names.length === 0 ? "none is declared" : listAllowed(names, 12),
          fix: didYouMean(policy.provider, names) ?? "declare it in extensionProviders of the MeshConfig",
        },
      ),
    ];
  });
}

function unreachable(policy: AuthorizationPolicy, provider: AuthorizationProvider, mesh: Mesh): Diagnostic[] {
  const { name, service, port, http } = provider;
  const protocol = providerProtocol(provider, mesh);
  if (protocol !== undefined && (http !== undefined || protocol === "GRPC" || protocol === "HTTP2")) return [];
  const hosts = mesh.services.map(({ host }) => host);
  const denied = "so all that the policy matches is denied";
  return [
    protocol === undefined
      ? warning(
          policy,
          `the provider ${name} is ${service} port ${port}, which no ServiceEntry declares for HTTP, ${denied}`,
          {
            fix: didYouMean(service, hosts) ?? "declare it by a ServiceEntry",
          },
        )
      : warning(
          policy,
          `the provider ${name} is asked by gRPC, and ${service} port ${port} speaks ${protocol}, ${denied}`,
          {
            fix: "give the port the protocol GRPC",
          },
        ),
  ];
}

/** What a provider's port speaks; undefined where the mesh has no such port for HTTP. */
function providerProtocol({ service, port }: AuthorizationProvider, mesh: Mesh): string | undefined {
  const found = mesh.services.find(({ host }) => host === service)?.ports.find(({ number }) => number === port);
  return found && ["HTTP", "HTTP2", "GRPC"].includes(found.protocol) ? found.protocol : undefined;
}

/** The providers that can be asked; all others are as good as absent. */
export function usableProviders(mesh: Mesh): readonly AuthorizationProvider[] {
  const { providers } = mesh.config.authorization ?? DEFAULT_AUTHORIZATION;
  return providers.filter((provider) => {
    const protocol = providerProtocol(provider, mesh);
    return provider.http === undefined ? protocol === "GRPC" || protocol === "HTTP2" : protocol !== undefined;
  });
}

function warning({ ref }: AuthorizationPolicy, message: string, help: Pick<Diagnostic, "allowed" | "fix">): Diagnostic {
  const field = "spec.provider.name";
  return { severity: "warning", code: "IST0101", position: ref.position, object: ref, field, message, ...help };
}
