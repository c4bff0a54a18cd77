import { describe, type Value } from "../../config/value.ts";
import { reportError, type Context } from "./context.ts";
import type { Decoder } from "./decoder.ts";
import { isIP } from "./ip.ts";
import { nonEmptyString } from "./scalars.ts";

/** What addresses of Unix sockets begin with, by Istio. */
export const UNIX = "unix://";

/** Linux: `sockaddr_un` has no more room for a path and the zero at its end. */
const MAX_PATH = 107;

export function isUnix(address: string): boolean {
  return address.startsWith(UNIX);
}

/** Istio: ValidateUnixAddress; a path from the root, or `@` before a name that is no file. Returns what was written. */
export function unixAddress(text: string, value: Value, path: string, context: Context): string | undefined {
  const socket = text.slice(UNIX.length);
  const report = { offset: value.offset, path, allowed: "unix:///run/app.sock, unix://@name" };
  if (!/^[/@]./.test(socket))
    return reportError(context, {
      ...report,
      message: `${path} is ${describe(value)}, whose socket is neither a path from the root nor a name after @`,
      fix: socket.startsWith(".") || socket === "" ? undefined : `write "${UNIX}/${socket}"`,
    });
  if (Buffer.byteLength(socket) > MAX_PATH)
    return reportError(context, {
      ...report,
      message: `${path} is longer than the ${MAX_PATH} bytes of a socket's path`,
    });
  return text;
}

/** An IP address. */
export const ipAddress: Decoder<string> = (value, path, context) => {
  const text = nonEmptyString(value, path, context);
  if (text === undefined || isIP(text) !== 0) return text;
  return reportError(context, {
    offset: value.offset,
    path,
    message: `${path} is ${describe(value)}, which is not an IP address`,
    allowed: "an IP address such as 127.0.0.1",
    fix: text === "localhost" ? "write 127.0.0.1" : undefined,
  });
};

/** `10.0.0.0/8`, or one address. */
export const ipRange: Decoder<string> = (value, path, context) => {
  const text = nonEmptyString(value, path, context);
  if (text === undefined) return undefined;
  const [ip = "", bits = "0", ...rest] = text.split("/");
  const kind = isIP(ip);
  if (kind !== 0 && rest.length === 0 && /^\d{1,3}$/.test(bits) && Number(bits) <= (kind === 4 ? 32 : 128)) return text;
  return reportError(context, {
    offset: value.offset,
    path,
    message: `${path} is "${text}", which is not an address`,
    allowed: "an IP address, or a range such as 10.0.0.0/8",
  });
};
