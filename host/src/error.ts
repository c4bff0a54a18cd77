/**
 * What can go wrong in this package, by a stable code. `message` says what happened and, where there is one, the fix.
 * - `envoy_start`: an Envoy did not come up, or ended before it was ready (the message ends with its last log lines)
 * - `envoy_admin`: the admin interface did not answer, or not as expected
 * - `engine`: the container engine refused something
 * - `module`: bytes that are no WebAssembly module, or a module that is no proxy-wasm 0.2.x module
 * - `import`: the module imports a function that the host does not have
 * - `use`: a step of a stream was driven out of order, or a filter never lets a request go on
 * - `differs`: a scenario came to something else in a real Envoy
 * - `reset`: a filter has reset the stream of a `fetch`
 */
export type HostErrorCode =
  | "envoy_start"
  | "envoy_admin"
  | "engine"
  | "module"
  | "import"
  | "use"
  | "reset"
  | "differs";

/** The one error class of this package. A trap of a module is no HostError: it is a value of the step that trapped. */
export class HostError extends Error {
  override readonly name = "HostError";
  readonly code: HostErrorCode;

  constructor(code: HostErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** The message of whatever was thrown. */
export function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}
