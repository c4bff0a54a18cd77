import type { StartOptions } from "./running.ts";

/** The bootstrap with an admin interface in it: the caller's, or one on a free loopback port. */
export function withAdmin(config: object): object {
  if ("admin" in config) return config;
  return { ...config, admin: { address: { socket_address: { address: "127.0.0.1", port_value: 0 } } } };
}

/** Envoy's command line for a bootstrap file and the file that it writes its admin address to. */
export function envoyArgs(options: StartOptions, configPath: string, adminAddressPath: string): string[] {
  // Several Envoys share a machine, and containers on the host's network share its abstract sockets.
  const baseId = options.baseId === undefined ? ["--use-dynamic-base-id"] : ["--base-id", String(options.baseId)];
  return [
    "-c",
    configPath,
    "--admin-address-path",
    adminAddressPath,
    "--concurrency",
    String(options.concurrency ?? 1),
    "-l",
    options.logLevel ?? "info",
    ...baseId,
    ...(options.args ?? []),
  ];
}
