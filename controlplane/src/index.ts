import { admit } from "./model/admit.ts";
import { DocumentCache } from "./model/document-cache.ts";
import { formatDiagnostic } from "./model/format-diagnostic.ts";
import { composeControlPlane } from "./server/control-plane.ts";
import type { ControlPlane, ControlPlaneOptions } from "./server/control-plane.ts";
import { bootstrap, translate } from "./translate/index.ts";

export { explainRequest } from "./explain-authorization.ts";
export type { ExplainResult, RequestToExplain } from "./explain-authorization.ts";
export type { AuthorizationRequest, Explanation } from "./policy/index.ts";
export type { Diagnostic } from "./model/diagnostic.ts";
export { formatDiagnostic } from "./model/format-diagnostic.ts";
export type { ControlPlane, ControlPlaneOptions } from "./server/control-plane.ts";
export { ControlPlaneError } from "./server/errors.ts";
export type { ExpectedProxy } from "./server/http.ts";
export type {
  ObjectPlace,
  ObjectStatus,
  ProxyStatus,
  RejectedResource,
  StatusReport,
  UnknownProxy,
} from "./status/types.ts";

/**
 * Starts a control plane: watches a folder of Istio's YAML, serves delta ADS over gRPC (plain text) and the HTTP API.
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
    translate,
    bootstrap,
    formatDiagnostic,
  });
}
