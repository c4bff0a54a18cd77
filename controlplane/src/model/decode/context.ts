import type { Diagnostic } from "../diagnostic.ts";
import type { Destination, ObjectRef, Position } from "../types.ts";

/** What an object says about other objects, kept with the place of each name so that it can be checked later. */
export type Reference =
  | {
      readonly kind: "destination";
      readonly destination: Destination;
      readonly path: string;
      readonly hostAt: Position;
      readonly subsetAt?: Position;
      readonly portAt?: Position;
    }
  | { readonly kind: "gateway"; readonly gateway: string; readonly path: string; readonly at: Position }
  | {
      readonly kind: "delegate";
      readonly namespace: string;
      readonly name: string;
      readonly path: string;
      readonly at: Position;
    };

/** The accumulator for decoding one object: decoders report here and go on, so that one run shows every mistake. */
export interface Context {
  /** The object; an empty name stands for one that has none, which no diagnostic can name. */
  readonly ref: ObjectRef;
  readonly locate: (offset: number) => Position;
  readonly diagnostics: Diagnostic[];
  readonly references: Reference[];
}

/** The parts of a diagnostic that differ from one report to the next. */
export interface Report {
  readonly offset: number;
  readonly path: string;
  readonly message: string;
  readonly code?: string;
  readonly allowed?: string | undefined;
  readonly fix?: string | undefined;
}

/** Reports a mistake that keeps the object out; the default code is Istio's SchemaValidationError. */
export function reportError(context: Context, report: Report): undefined {
  add(context, "error", report);
}

/** Reports something doubtful that Istio also only warns of. */
export function reportWarning(context: Context, report: Report): void {
  add(context, "warning", report);
}

/** A field or value that Istio has and Sluice does not act on: refused, so that nothing is dropped silently. */
export function reportUnsupported(context: Context, offset: number, path: string, what: string): undefined {
  add(context, "error", {
    offset,
    path,
    code: "SLU0004",
    message: `${what} is not supported yet by this version of Sluice`,
  });
}

/** Number of errors so far; a decoder compares two readings to learn whether anything below it failed. */
export function errorCount(context: Context): number {
  let count = 0;
  for (const diagnostic of context.diagnostics) if (diagnostic.severity === "error") count++;
  return count;
}

function add(context: Context, severity: Diagnostic["severity"], report: Report): void {
  context.diagnostics.push({
    severity,
    code: report.code ?? "IST0106",
    position: context.locate(report.offset),
    ...(context.ref.name === "" ? {} : { object: context.ref }),
    field: report.path,
    message: report.message,
    ...(report.allowed === undefined ? {} : { allowed: report.allowed }),
    ...(report.fix === undefined ? {} : { fix: report.fix }),
  });
}
