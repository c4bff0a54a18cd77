import type { Labels, ObjectRef } from "./types.ts";

/** The part of an object's metadata that matters: its place and names, labels, and the annotations that change meaning. */
export interface ObjectMeta {
  readonly ref: ObjectRef;
  readonly labels: Labels;
  readonly annotations: Readonly<Record<string, string>>;
}
