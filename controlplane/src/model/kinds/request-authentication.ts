import { isNull, type Value } from "../../config/value.ts";
import { list } from "../decode/collections.ts";
import type { Decoder } from "../decode/decoder.ts";
import { message } from "../decode/message.ts";
import type { RequestAuthentication, TokenRule } from "../authentication-types.ts";
import type { ObjectMeta } from "../object-meta.ts";
import type { Labels } from "../types.ts";
import { workloadSelector } from "./selector.ts";
import { tokenRule } from "./token-rule.ts";
import { TARGET_REFS } from "./target-refs.ts";

interface RequestAuthenticationSpec {
  readonly selector: Labels;
  readonly rules: readonly TokenRule[];
}

/** Istio: RequestAuthentication. Without rules it checks nothing, as in Istio. */
const spec = message(
  "RequestAuthentication",
  {
    optional: { selector: workloadSelector, jwtRules: list(tokenRule) },
    refused: TARGET_REFS,
  },
  ({ selector = {}, jwtRules = [] }): RequestAuthenticationSpec => ({ selector, rules: jwtRules }),
);

export const requestAuthenticationSpec: Decoder<RequestAuthenticationSpec> = (value: Value, path, context) =>
  spec(isNull(value) ? { kind: "map", entries: [], offset: value.offset } : value, path, context);

export function buildRequestAuthentication(meta: ObjectMeta, read: RequestAuthenticationSpec): RequestAuthentication {
  return { ref: meta.ref, labels: meta.labels, ...read };
}
