import type { ObjectRef, Position } from "./types.ts";

/**
 * Something wrong, or doubtful, in what the user wrote. Errors keep an object (its new version) out of the mesh;
 * warnings do not. Expected bad input is this value, never a throw.
 */
export interface Diagnostic {
  readonly severity: "error" | "warning";
  /** Istio's code where it has one (IST0101, IST0106 ...), otherwise one of ours (SLU0001 ...). */
  readonly code: string;
  readonly position: Position;
  readonly object?: ObjectRef;
  /** The field's path as the user would write it: `spec.http[0].route[1].weight`. */
  readonly field?: string;
  /** What is wrong, one sentence without a full stop. */
  readonly message: string;
  /** What would be right, for example `one of HTTP, HTTP2, GRPC`. */
  readonly allowed?: string;
  /** The likely fix, for example `did you mean "prefix"?`. */
  readonly fix?: string;
}
