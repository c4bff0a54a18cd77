import type { Diagnostic } from "../model/diagnostic.ts";

/** What to print after an admission: only what is new, and what is gone. */
export interface DiagnosticNews {
  readonly appeared: readonly Diagnostic[];
  readonly gone: readonly Diagnostic[];
}

export function diagnosticNews(before: readonly Diagnostic[], after: readonly Diagnostic[]): DiagnosticNews {
  const old = new Set(before.map(identity));
  const now = new Set(after.map(identity));
  return {
    appeared: after.filter((each) => !old.has(identity(each))),
    gone: before.filter((each) => !now.has(identity(each))),
  };
}

/** Without the line: an edit further up in the file moves a diagnostic but does not make it news. */
function identity({ severity, code, position, object, field, message }: Diagnostic): string {
  return JSON.stringify([severity, code, position.file, object?.kind, object?.namespace, object?.name, field, message]);
}

/** A line such as `fixed: reviews.yaml: VirtualService bookinfo/reviews: spec.http[0].rout is not a field`. */
export function formatFixed({ position, object, message }: Diagnostic): string {
  const subject = object === undefined ? [] : [`${object.kind} ${object.namespace}/${object.name}`];
  return ["fixed", position.file, ...subject, message].join(": ");
}
