import { reportError } from "../decode/context.ts";
import { refine, type Decoder } from "../decode/decoder.ts";
import { nonEmptyString } from "../decode/scalars.ts";

/** RFC 7517: a JSON Web Key Set. Only its shape is looked at; whether a key is any good, Envoy finds out. */
export const jsonWebKeys: Decoder<string> = refine(nonEmptyString, (text, value, path, context) => {
  const problem = problemOf(text);
  if (problem === undefined) return text;
  return reportError(context, {
    offset: value.offset,
    path,
    message: `${path} ${problem}`,
    allowed: 'a JSON Web Key Set, { "keys": [{ "kty": …, … }] }',
    fix: isKey(parsed(text)) ? 'put the key below "keys": { "keys": [ … ] }' : undefined,
  });
});

function problemOf(text: string): string | undefined {
  const json = parsed(text);
  if (json === undefined) return "is not JSON";
  if (typeof json !== "object" || json === null || !("keys" in json)) return 'has no "keys"';
  if (!Array.isArray(json.keys) || json.keys.length === 0) return 'must have a list with a key as "keys"';
  const bad = json.keys.findIndex((key) => !isKey(key));
  return bad < 0 ? undefined : `has no "kty" in keys[${bad}]`;
}

function isKey(json: unknown): boolean {
  return typeof json === "object" && json !== null && "kty" in json && typeof json.kty === "string";
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
