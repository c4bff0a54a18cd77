import { nonEmptyList } from "../decode/collections.ts";
import type { Decoder } from "../decode/decoder.ts";
import { message } from "../decode/message.ts";
import { headerName } from "../decode/names.ts";
import type { AuthorizationSettings } from "../authorization-settings.ts";
import { valueMatch } from "./authorization-value.ts";

/**
 * Sluice's own part of a mesh's settings: who may ask why authorization decided as it did. Its place in a MeshConfig is
 * a field `explainAuthorization`, which Istio does not have.
 */
export const explainAuthorization: Decoder<NonNullable<AuthorizationSettings["explain"]>> = message(
  "ExplainAuthorization",
  {
    required: { header: headerName(false), principals: nonEmptyList(valueMatch) },
    examples: { header: "x-why", principals: "[cluster.local/ns/NAMESPACE/sa/ACCOUNT]" },
  },
  (given) => given,
);
