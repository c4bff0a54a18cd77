import { DocumentCache } from "../model/document-cache.ts";
import { admit } from "../model/admit.ts";
import type { SourceFile } from "../config/index.ts";
import type { Diagnostic } from "../model/diagnostic.ts";
import { findDoubtful } from "../model/doubtful.ts";
import { NO_LAST_GOOD } from "../model/last-good.ts";
import { checkAnnotations } from "./analyzers/annotations.ts";
import { checkDeprecated } from "./analyzers/deprecated.ts";
import { checkDestinationRules } from "./analyzers/destination-rule.ts";
import { checkEnvoyFilters } from "./analyzers/envoy-filter.ts";
import { checkGateways } from "./analyzers/gateway.ts";
import { checkGatewayPorts } from "./analyzers/gateway-ports.ts";
import { checkIneffectiveMatches } from "./analyzers/ineffective-match.ts";
import { checkIstiod } from "./analyzers/istiod.ts";
import { checkKubernetesServices } from "./analyzers/kubernetes-service.ts";
import { checkSelectors } from "./analyzers/selectors.ts";
import { checkServiceEntries } from "./analyzers/service-entry.ts";
import { checkSharedPorts } from "./analyzers/shared-ports.ts";
import { checkSidecars } from "./analyzers/sidecar.ts";
import { checkTelemetries } from "./analyzers/telemetry.ts";
import { checkVirtualServices } from "./analyzers/virtual-service.ts";
import { needed } from "../envoy-types/needed.ts";
import { findingOf, type Finding } from "./finding.ts";
import { isSuppressedByObject } from "./suppressed.ts";
import { locate, takeInventory, type Analyzer } from "./inventory.ts";

export { isYamlPath, type SourceFile } from "../config/index.ts";
export { mayShow } from "../model/may-show.ts";
export { isAtLeast, LEVELS, MESSAGES, type Finding, type Level } from "./finding.ts";

/** Only a translation tells what a patch changes. */
const { unusedPatches } = needed.envoyTypes
  ? await import("../translate/unused-patches.ts")
  : { unusedPatches: (): readonly Diagnostic[] => [] };

const ANALYZERS: readonly Analyzer[] = [
  checkAnnotations,
  checkDeprecated,
  checkDestinationRules,
  checkEnvoyFilters,
  checkGateways,
  checkGatewayPorts,
  checkIneffectiveMatches,
  checkIstiod,
  checkKubernetesServices,
  checkSelectors,
  checkServiceEntries,
  checkSharedPorts,
  checkSidecars,
  checkTelemetries,
  checkVirtualServices,
];

/** An object of a kind that is somebody else's business, or not understood yet. */
const IGNORED = "SLU0003";

/** Codes that tell what an object lacks beside it; the text of the object is as it should be. */
const BESIDE_OTHERS: ReadonlySet<string> = new Set([
  "IST0101",
  "IST0109",
  "IST0111",
  "IST0112",
  "IST0127",
  "IST0132",
  "IST0145",
  "IST0160",
  "IST0161",
  "IST0173",
  "IST0174",
  IGNORED,
  "SLU0006",
  "SLU0007",
  "SLU0008",
]);

/** What is wrong or doubtful in the files taken together, by file, line and column. Pure. */
export function analyzeFiles(files: readonly SourceFile[]): Finding[] {
  const cache = new DocumentCache();
  const { diagnostics, mesh } = admit(files, NO_LAST_GOOD, cache);
  const inventory = takeInventory(cache.readFiles(files));
  // Admission looks only at what it has let in; this also at the rest.
  const doubtful = findDoubtful(inventory.mesh).map(placed);
  const found = ANALYZERS.flatMap((analyzer) => analyzer(inventory)).map((one) => locate(inventory, one));
  const admitted = unique([...[...diagnostics, ...unusedPatches(mesh)].map(findingOf), ...doubtful]);
  const told = new Set(admitted.map(placeKey));
  const all = [...admitted, ...unique(found.filter((one) => !told.has(placeKey(one))))];
  return sorted(all.filter((one) => !isSuppressedByObject(inventory, one)));

  function placed(diagnostic: Diagnostic): Finding {
    const { object, field } = diagnostic;
    return object === undefined || field === undefined
      ? findingOf(diagnostic)
      : locate(inventory, { ...diagnostic, object, field });
  }
}

/**
 * What is wrong with each object by itself: its YAML, its schema, the rules between its own fields. Says nothing about what
 * it refers to, so that a part of a configuration can be validated alone.
 */
export function validateFiles(files: readonly SourceFile[]): Validation {
  const { diagnostics, objects } = admit(files, NO_LAST_GOOD);
  return {
    findings: diagnostics.filter(({ code }) => !BESIDE_OTHERS.has(code)).map(findingOf),
    objects: objects.length,
    ignored: diagnostics.filter(({ code }) => code === IGNORED).length,
  };
}

/** What came of looking at objects one by one. */
export interface Validation {
  readonly findings: readonly Finding[];
  /** How many objects were looked at, and how many were not, for what they are. */
  readonly objects: number;
  readonly ignored: number;
}

/** The same thing found twice, at one place, is said once. */
function unique(findings: readonly Finding[]): Finding[] {
  const byKey = new Map<string, Finding>();
  for (const finding of findings) {
    const key = `${placeKey(finding)}\n${finding.message}`;
    if (!byKey.has(key)) byKey.set(key, finding);
  }
  return [...byKey.values()];
}

function placeKey({ code, position: { file, line, column } }: Finding): string {
  return `${code} ${file}:${line}:${column}`;
}

function sorted(findings: readonly Finding[]): Finding[] {
  return findings.toSorted(
    ({ position: a }, { position: b }) =>
      (a.file < b.file ? -1 : a.file > b.file ? 1 : 0) || a.line - b.line || a.column - b.column,
  );
}
