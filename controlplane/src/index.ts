import { admit } from "./model/admit.ts";
import { DocumentCache } from "./model/document-cache.ts";
import { formatDiagnostic } from "./model/format-diagnostic.ts";
import { composeControlPlane } from "./server/control-plane.ts";
import type { ControlPlane, ControlPlaneOptions } from "./server/control-plane.ts";
import { bootstrap, translateInParts } from "./translate/index.ts";

export type { Diagnostic } from "./model/diagnostic.ts";
export { formatDiagnostic } from "./model/format-diagnostic.ts";
export type { ControlPlane, ControlPlaneOptions } from "./server/control-plane.ts";
export { ControlPlaneError } from "./server/errors.ts";
export type { ResourceDifference } from "./server/compare.ts";
export type { ExpectedProxy, SetAside } from "./server/http.ts";
export type { ResourceView } from "./server/inspect.ts";
export type { LogEvent } from "./server/log-event.ts";
export type { WaitResult } from "./server/wait.ts";
export type {
  ObjectPlace,
  ObjectRejection,
  ObjectStatus,
  ProxyStatus,
  RejectedResource,
  ResourceState,
  ResourceStatus,
  StatusReport,
  UnknownProxy,
} from "./status/types.ts";

/**
 * Starts a control plane: watches a folder of Istio's YAML, serves xDS over gRPC (plain text) and the HTTP API.
 * Rejects with a ControlPlaneError if a port is taken, a module is missing or the folder cannot be read.
 *
 * @example
 * const controlPlane = await startControlPlane({
 *   folder: "mesh", stateFile: ".sluice/state.json", modulesFolder: ".build/filters", log: console.log,
 * });
 * await controlPlane.close();
 */
export async function startControlPlane(options: ControlPlaneOptions): Promise<ControlPlane> {
  const cache = new DocumentCache();
  return composeControlPlane(options, {
    admit: (files, lastGood) => admit(files, lastGood, cache),
    translate: translateInParts,
    bootstrap,
    formatDiagnostic,
  });
}
