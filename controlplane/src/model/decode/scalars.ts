import { describe, type Value } from "../../config/value.ts";
import { didYouMean, listAllowed } from "../suggestion.ts";
import { type Context, reportError } from "./context.ts";
import type { Decoder } from "./decoder.ts";

/** A protobuf string. Numbers and booleans are refused as Kubernetes does: `version: 1.10` would lose its zero. */
export const string: Decoder<string> = (value, path, context) => {
  if (value.kind === "scalar" && typeof value.value === "string") return value.value;
  const fix = value.kind === "scalar" && value.value !== null ? `put it in quotes: "${value.source}"` : undefined;
  return reportError(context, {
    offset: value.offset,
    path,
    message: `${path} must be a string, not ${describe(value)}`,
    fix,
  });
};

/** A string with at least one character. */
export const nonEmptyString: Decoder<string> = (value, path, context) => {
  const text = string(value, path, context);
  if (text !== "") return text;
  return reportError(context, { offset: value.offset, path, message: `${path} must not be empty` });
};

/** A protobuf bool. */
export const boolean: Decoder<boolean> = (value, path, context) => {
  if (value.kind === "scalar" && typeof value.value === "boolean") return value.value;
  const words = value.kind === "scalar" ? FORMER_BOOLEANS.get(value.source.toLowerCase()) : undefined;
  const fix = words === undefined ? undefined : `write ${words}`;
  return reportError(context, {
    offset: value.offset,
    path,
    message: `${path} must be true or false, not ${describe(value)}`,
    allowed: "true, false",
    fix,
  });
};

/** What YAML 1.1 read as a boolean, and what is often quoted by mistake. */
const FORMER_BOOLEANS: ReadonlyMap<string, string> = new Map([
  ["yes", "true"],
  ["on", "true"],
  ["true", "true"],
  ["no", "false"],
  ["off", "false"],
  ["false", "false"],
]);

const INT32_MAX = 2_147_483_647;

/** A protobuf integer within limits; as in protobuf JSON it may also be written as a string. */
export function integer(min: number, max: number): Decoder<number> {
  return (value, path, context) => {
    const read = value.kind === "scalar" ? toNumber(value.value) : undefined;
    // Limits that only a machine word sets tell a reader nothing.
    const allowed = `a whole number${max >= INT32_MAX ? `, ${min} or more` : ` from ${min} to ${max}`}`;
    if (read === undefined || !Number.isInteger(read)) {
      return reportError(context, {
        offset: value.offset,
        path,
        message: `${path} must be a whole number, not ${describe(value)}`,
        allowed,
        fix: withoutPercent(value),
      });
    }
    if (read >= min && read <= max) return read;
    return reportOutOfRange(context, value, path, read, allowed);
  };
}

/** A protobuf double within limits. */
export function number(min: number, max: number): Decoder<number> {
  return (value, path, context) => {
    const read = value.kind === "scalar" ? toNumber(value.value) : undefined;
    const allowed = `a number from ${min} to ${max}`;
    if (read === undefined)
      return reportError(context, {
        offset: value.offset,
        path,
        message: `${path} must be a number, not ${describe(value)}`,
        allowed,
        fix: withoutPercent(value),
      });
    if (read >= min && read <= max) return read;
    return reportOutOfRange(context, value, path, read, allowed);
  };
}

function reportOutOfRange(context: Context, { offset }: Value, path: string, read: number, allowed: string): undefined {
  return reportError(context, { offset, path, message: `${path} is ${read}, which is out of range`, allowed });
}

/** A number of something in an int32: Istio refuses negative ones everywhere. */
export const count = integer(0, INT32_MAX);
export const uint32 = integer(0, 4_294_967_295);
export const portNumber = integer(1, 65_535);

function withoutPercent(value: Value): string | undefined {
  const written = value.kind === "scalar" ? /^(\d+(?:\.\d+)?) ?%$/.exec(value.source) : null;
  return written === null ? undefined : `write ${written[1]}`;
}

function toNumber(value: string | number | boolean | null): number | undefined {
  const read = typeof value === "string" && /^-?\d+(\.\d+)?([eE][-+]?\d+)?$/.test(value) ? Number(value) : value;
  return typeof read === "number" && Number.isFinite(read) ? read : undefined;
}

/**
 * A protobuf enum by name. `later` names values that Istio has and Sluice refuses for now.
 */
export function enumeration<const T extends string>(names: readonly T[], later: readonly string[] = []): Decoder<T> {
  return (value, path, context) => {
    const written = value.kind === "scalar" ? value.source : "";
    const known = names.find((name) => name === written);
    if (known !== undefined) return known;
    const report = { offset: value.offset, path, allowed: listAllowed(names) };
    if (later.includes(written)) {
      return reportError(context, {
        ...report,
        code: "SLU0004",
        message: `${path}: ${written} is not supported yet by this version of Sluice`,
      });
    }
    return reportError(context, {
      ...report,
      message: `${path} has the unknown value ${describe(value)}`,
      fix: didYouMean(written, [...names, ...later]),
    });
  };
}
