import { describe } from "../../config/value.ts";
import { list } from "../decode/collections.ts";
import { reportError } from "../decode/context.ts";
import { refine, type Decoder } from "../decode/decoder.ts";
import { durationMs } from "../decode/duration.ts";
import { defined, message } from "../decode/message.ts";
import { headerName } from "../decode/names.ts";
import { portNumber, string } from "../decode/scalars.ts";
import type { HttpExport } from "../telemetry-types.ts";
import { providerService } from "./provider-service.ts";

// Envoy would take `%` for the beginning of a command of its formatter.
const constant: Decoder<string> = refine(string, (text) => text.replaceAll("%", "%%"));

// With one, Envoy 1.40 makes no call at all, and none of the ways to write it comes out as one.
const withoutPercent: Decoder<string> = refine(string, (text, value, path, context) =>
  text.includes("%")
    ? reportError(context, {
        offset: value.offset,
        path,
        message: `${path} is ${describe(value)}, and Envoy cannot send a "%" by gRPC`,
        allowed: "text without %",
      })
    : text,
);

function headersOf(value: Decoder<string>): Decoder<Readonly<Record<string, string>>> {
  const header = message(
    "HttpHeader",
    { required: { name: headerName(false), value }, later: ["envName"] },
    (given): readonly [string, string] => [given.name, given.value],
  );
  return refine(list(header), (all) => Object.fromEntries(all));
}

/** Istio: a list of HttpHeader, of constants. */
export const httpHeaders = headersOf(constant);

/** The same for calls by gRPC. */
export const grpcMetadata = headersOf(withoutPercent);

/** Begins with a slash, whether it is written or not. */
export const urlPath: Decoder<string> = refine(string, (text) => `/${text.replace(/^\/+/, "")}`);

/** Istio: OpenTelemetryTracingProvider.HttpService. */
export const httpService = message(
  "HttpService",
  { required: { path: urlPath }, optional: { timeout: durationMs, headers: httpHeaders } },
  (given): HttpExport => httpExport(given.path, given.timeout, given.headers),
);

/** What a collector is told by. */
export const httpFields = { timeout: durationMs, headers: httpHeaders };

export function httpExport(
  path: string,
  timeoutMs: number | undefined,
  headers: Readonly<Record<string, string>> | undefined,
): HttpExport {
  return defined({ path, timeoutMs, headers: headers ?? {} });
}

/** Where a provider is. */
export const collector = { service: providerService, port: portNumber };
