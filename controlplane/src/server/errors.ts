/** Why the control plane could not start. `code` is stable, `message` is for people. */
export class ControlPlaneError extends Error {
  readonly code: "PORT_IN_USE" | "CANNOT_LISTEN" | "MODULES_MISSING" | "FOLDER_UNREADABLE" | "MESH_UNUSABLE";
  /** Of PORT_IN_USE and CANNOT_LISTEN. */
  readonly endpoint: { readonly address: string; readonly port: number } | undefined;

  constructor(
    code: ControlPlaneError["code"],
    message: string,
    options: { endpoint?: { address: string; port: number }; cause?: unknown } = {},
  ) {
    super(message, { cause: options.cause });
    this.name = "ControlPlaneError";
    this.code = code;
    this.endpoint = options.endpoint;
  }
}

/** For errors of listen(): node:http gives a code, grpc-js only a text. */
export function listenError(error: unknown, address: string, port: number, purpose: string): ControlPlaneError {
  const text = error instanceof Error ? error.message : String(error);
  const endpoint = { address, port };
  if (/EADDRINUSE|address already in use/i.test(text)) {
    return new ControlPlaneError("PORT_IN_USE", `${address}:${port} (${purpose}) is in use`, {
      endpoint,
      cause: error,
    });
  }
  const message = `cannot listen on ${address}:${port} (${purpose}): ${text}`;
  return new ControlPlaneError("CANNOT_LISTEN", message, { endpoint, cause: error });
}

/** The text of anything caught. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
