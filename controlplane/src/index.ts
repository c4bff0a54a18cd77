import type { SourceFile } from "./config/index.ts";
import type { ComparedMesh } from "./diff/index.ts";
import { comparedMesh } from "./diff/of-mesh.ts";
import { explainConnection, explainRequest } from "./explain/index.ts";
import type {
  ConnectionExplanation,
  ConnectionQuestion,
  ExplainOptions,
  Explanation,
  Question,
  Unanswerable,
} from "./explain/index.ts";
import { admit } from "./model/admit.ts";
import type { Diagnostic } from "./model/diagnostic.ts";
import { DocumentCache } from "./model/document-cache.ts";
import { formatDiagnostic } from "./model/format-diagnostic.ts";
import { NO_LAST_GOOD } from "./model/last-good.ts";
import { explainAuthorization } from "./policy/index.ts";
import { composeControlPlane } from "./server/control-plane.ts";
import { resourceJson } from "./server/inspect.ts";
import { findSystemRoots } from "./server/system-roots.ts";
import { readModules } from "./server/modules.ts";
import type { ControlPlane, ControlPlaneOptions } from "./server/control-plane.ts";
import { bootstrap, Recall, translateInParts } from "./translate/index.ts";

export { explainAccess } from "./explain-authorization.ts";
export type { ExplainResult, RequestToExplain } from "./explain-authorization.ts";
export type { AuthorizationRequest, Explanation as AccessExplanation } from "./policy/index.ts";
export {
  analyzeFiles,
  isAtLeast,
  LEVELS,
  MESSAGES,
  validateFiles,
  type Finding,
  type Level,
  type Validation,
} from "./analyze/index.ts";
export { isYamlPath, type SourceFile } from "./config/index.ts";
export {
  diffMeshes,
  jsonChanges,
  type ComparedMesh,
  type ComparedResource,
  type FieldChange,
  type ProxyChange,
  type ResourceChange,
} from "./diff/index.ts";
export type { ExplainOptions } from "./explain/index.ts";
export type * from "./explain/types.ts";
export type { Diagnostic } from "./model/diagnostic.ts";
export { formatDiagnostic } from "./model/format-diagnostic.ts";
export { mayShow } from "./model/may-show.ts";
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
  const recall = new Recall();
  const systemRoots = findSystemRoots();
  return composeControlPlane(options, {
    admit: (files, lastGood) => admit(files, lastGood, cache),
    translate: (mesh, given) =>
      translateInParts(mesh, { ...given, ...(systemRoots === undefined ? {} : { systemRoots }) }, recall),
    bootstrap,
    formatDiagnostic,
  });
}

/** What the mesh of these files does with a request, and why. `now`, milliseconds since 1970, is for what has an end. */
export function explainFiles(
  files: readonly SourceFile[],
  question: Question,
  options: ExplainOptions = {},
): Explanation | Unanswerable {
  return explainRequest(admit(files, NO_LAST_GOOD).mesh, question, { authorize: explainAuthorization, ...options });
}

/** What the mesh of these files does with a connection that is not looked into, and why. */
export function explainConnectionInFiles(
  files: readonly SourceFile[],
  question: ConnectionQuestion,
  options: ExplainOptions = {},
): ConnectionExplanation | Unanswerable {
  return explainConnection(admit(files, NO_LAST_GOOD).mesh, question, { authorize: explainAuthorization, ...options });
}

/** What the proxies of a mesh would be given. */
export interface MeshOfFiles {
  readonly mesh: ComparedMesh;
  /** Why objects are not part of it: a control plane would go on with the versions that it had of them. */
  readonly errors: readonly Diagnostic[];
}

/**
 * What the proxies of the mesh of these files would be given, with the modules of a folder. `now`, milliseconds since 1970,
 * is for what has an end. Rejects if a module is missing.
 */
export async function compareFiles(
  files: readonly SourceFile[],
  modulesFolder: string,
  now: number,
): Promise<MeshOfFiles> {
  const { current: modules } = await readModules(modulesFolder);
  const { mesh, diagnostics } = admit(files, NO_LAST_GOOD);
  const systemRoots = findSystemRoots();
  const options = { modules, now, ...(systemRoots === undefined ? {} : { systemRoots }) };
  return {
    mesh: comparedMesh(mesh, options, resourceJson),
    errors: diagnostics.filter(({ severity }) => severity === "error"),
  };
}
