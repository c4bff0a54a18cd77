import { isIP } from "./ip.ts";
import { describe, type Value } from "../../config/value.ts";
import { withoutOddSigns } from "../../config/visible.ts";
import { reportError, type Context } from "./context.ts";
import { refine, type Decoder } from "./decoder.ts";
import { mapOf } from "./collections.ts";
import { nonEmptyString, string } from "./scalars.ts";

const LABEL = "[a-zA-Z0-9_](?:[-a-zA-Z0-9_]{0,61}[a-zA-Z0-9_])?";
const DNS_NAME = new RegExp(`^${LABEL}(?:\\.${LABEL})*\\.?$`);

/** A DNS name as Istio's ValidateFQDN takes it, wildcards excluded. */
export function isDnsName(text: string): boolean {
  return text.length <= 255 && DNS_NAME.test(text);
}

/** `*`, `*.suffix`, a DNS name or an IP address; lower case in the model. */
export const hostPattern: Decoder<string> = refine(nonEmptyString, (text, value, path, context) => {
  const rest = text === "*" ? "any" : text.startsWith("*.") ? text.slice(2) : text;
  if (isDnsName(rest) || isIP(rest) !== 0) return text.toLowerCase();
  return reportError(context, {
    offset: value.offset,
    path,
    message: `${path} is ${describe(value)}, which is not a host name`,
    allowed: 'a DNS name, "*" or "*." and a DNS name',
    fix: hostFix(text),
  });
});

/** A DNS name or an IP address without a wildcard; lower case in the model. */
export const hostName: Decoder<string> = refine(nonEmptyString, (text, value, path, context) => {
  if (isDnsName(text) || isIP(text) !== 0) return text.toLowerCase();
  return reportError(context, {
    offset: value.offset,
    path,
    message: `${path} is ${describe(value)}, which is not a host name`,
    allowed: "a DNS name without a wildcard",
    fix: hostFix(text),
  });
});

function hostFix(text: string): string | undefined {
  const plain = withoutOddSigns(text);
  if (plain !== undefined) return `write ${plain}`;
  if (/^[a-z]+:\/\//.test(text))
    return `leave out the scheme: ${text.replace(/^[a-z]+:\/\//, "").replace(/[/:].*$/, "")}`;
  return /^[^/:]+:\d+$/.test(text) ? "leave out the port" : undefined;
}

/** Istio: short host names are names in the object's own namespace; names with a dot, IPs and wildcards stay as they are. */
export function fullHost(host: string, namespace: string): string {
  if (host.includes(".") || host.includes("*") || host.includes(":")) return host;
  return `${host}.${namespace}.svc.cluster.local`;
}

/** A DNS label: names of subsets and of ports. */
export const label: Decoder<string> = refine(nonEmptyString, (text, value, path, context) => {
  if (/^[a-zA-Z0-9](?:[-a-zA-Z0-9]{0,61}[a-zA-Z0-9])?$/.test(text)) return text;
  return reportError(context, {
    offset: value.offset,
    path,
    message: `${path} is ${describe(value)}, which is not a name`,
    allowed: "letters, digits and - inside, at most 63",
  });
});

/** The name of an HTTP header, lower case in the model. Pseudo headers are refused; `allowHost` is for places that may rewrite the host. */
export function headerName(allowHost: boolean): Decoder<string> {
  return refine(string, (text, value, path, context) => {
    const name = text.toLowerCase();
    const isHost = name === "host" || name === ":authority";
    if (isHost && allowHost) return name;
    if (name !== "host" && /^[-_a-z0-9]+$/.test(name)) return name;
    const allowed = `letters, digits, - and _${allowHost ? ", or :authority" : ""}`;
    return reportError(context, {
      offset: value.offset,
      path,
      message: `${path}: ${describe(value)} is not a header name that may be used here`,
      allowed,
    });
  });
}

/** Kubernetes labels of a workload or a selector. */
export const labels: Decoder<Readonly<Record<string, string>>> = mapOf(string, (value, path, context) =>
  checkLabelKey(value, path, context),
);

function checkLabelKey(value: Value, path: string, context: Context): string | undefined {
  const text = string(value, path, context);
  if (text === undefined) return undefined;
  if (/^([-a-zA-Z0-9.]{1,253}\/)?[a-zA-Z0-9]([-\w.]{0,61}[a-zA-Z0-9])?$/.test(text)) return text;
  return reportError(context, {
    offset: value.offset,
    path,
    message: `${path}: ${describe(value)} is not a label name`,
  });
}
