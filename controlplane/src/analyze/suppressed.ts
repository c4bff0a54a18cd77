import type { Finding } from "./finding.ts";
import type { Inventory } from "./inventory.ts";
import { plainAt, plainText } from "./plain.ts";

/** What an object carries to keep analyzers quiet: codes with commas between them, or `*`. */
const SUPPRESS = "galley.istio.io/analyze-suppress";

/** Whether the finding's own object asks not to hear of it. Istio: galley.istio.io/analyze-suppress. */
export function isSuppressedByObject({ itemOf }: Inventory, { code, object }: Finding): boolean {
  const text = plainText(object && plainAt(itemOf(object)?.annotations, SUPPRESS));
  const codes = text.split(",").map((one) => one.trim());
  return codes.includes("*") || codes.includes(code);
}
