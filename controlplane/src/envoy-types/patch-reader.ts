import type { Value } from "../config/value.ts";
import type { ApplyTo } from "./apply-to.ts";
import { needed } from "./needed.ts";
import type { Read } from "./read-message.ts";

/** Reads the value of a patch, as a message of the type that it changes. */
export const readPatchValue: (applyTo: ApplyTo, value: Value, path: string) => Read = needed.envoyTypes
  ? (await import("./patch-value.ts")).readPatchValue
  : () => {
      throw new Error("an EnvoyFilter is to be read, and it was said that there is none");
    };
