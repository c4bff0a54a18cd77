import { InvalidArgumentError } from "commander";
import type { Finding } from "@sluice/controlplane/analyze";

/** Which findings the user does not want to hear of: a code, everywhere or for objects of a name. */
export interface Suppression {
  readonly code: string;
  /** As `Kind namespace/name`, with `*` for any text. */
  readonly object?: RegExp;
}

/** For commander: `IST0101`, or `IST0101=VirtualService shop/*`; may be given several times. */
export function parseSuppression(text: string, before: readonly Suppression[] = []): readonly Suppression[] {
  const [, code, pattern] = /^([A-Z]{3}\d{4})(?:=(.+))?$/.exec(text) ?? [];
  if (code === undefined)
    throw new InvalidArgumentError(
      'A suppression is a code, as IST0101, or "IST0101=Kind namespace/name" with * for any.',
    );
  return [...before, { code, ...(pattern === undefined ? {} : { object: wildcard(pattern) }) }];
}

function wildcard(pattern: string): RegExp {
  const parts = pattern.split("*").map((part) => part.replace(/[^\w/ -]/g, "\\$&"));
  return new RegExp(`^${parts.join(".*")}$`);
}

/** istioctl writes `Kind name.namespace`; so may the user. */
export function isSuppressed({ code, object }: Finding, suppressions: readonly Suppression[]): boolean {
  const names =
    object === undefined
      ? []
      : [`${object.kind} ${object.namespace}/${object.name}`, `${object.kind} ${object.name}.${object.namespace}`];
  return suppressions.some(
    (one) => one.code === code && (one.object === undefined || names.some((name) => one.object?.test(name))),
  );
}
