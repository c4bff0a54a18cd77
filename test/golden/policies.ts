import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { createHost } from "@sluice/host";
import type { Host, Plugin, PropertyTree } from "@sluice/host";
import type { FaultInjection } from "../../controlplane/src/model/fault-injection.ts";
import type { Fault, Headers } from "../../controlplane/src/model/types.ts";
import { bundlePrograms, compileFault, compileHeaders } from "../../controlplane/src/policy/index.ts";
import type { BundledPrograms } from "../../controlplane/src/policy/index.ts";
import { buildModules } from "./real-envoy.ts";

const file = join(import.meta.dirname, "..", "..", ".build", "filters", "policies.wasm");

/** The module that ships, brought up to date. */
export async function policiesModule(): Promise<Uint8Array<ArrayBuffer>> {
  await buildModules();
  return Uint8Array.from(await readFile(file));
}

/** What a proxy knows of itself. */
export const NODE = { metadata: { SLUICE_PEER: "self-v1;ns;self;v1;self;v1;Kubernetes" } };

/** The module in the in-process host, with a proxy's programs. */
export function loadPolicies(
  module: Uint8Array<ArrayBuffer>,
  programs: BundledPrograms = {},
): { readonly host: Host; readonly plugin: Plugin } {
  const host = createHost({ properties: { xds: { node: NODE } } });
  return { host, plugin: host.load(module, { configuration: bundlePrograms(programs) ?? new Uint8Array() }) };
}

/** What a route carries. */
interface RoutePolicies {
  readonly fault?: Fault;
  readonly injections?: readonly FaultInjection[];
  readonly headers?: Headers;
}

/** The properties of a stream on a route with these policies. */
export function routeWith({ fault, injections, headers }: RoutePolicies): PropertyTree {
  const programs = {
    fault: fault === undefined && injections === undefined ? undefined : compileFault(fault, injections),
    headers: headers && compileHeaders(headers, new Map()),
  };
  return routeMetadata(Buffer.from(bundlePrograms(programs) ?? new Uint8Array()).toString("base64"));
}

/** The properties of a stream whose route carries this text for its programs. */
export function routeMetadata(policies: string): PropertyTree {
  return { xds: { route_metadata: { filter_metadata: { sluice: { policies } } } } };
}
