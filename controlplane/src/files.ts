import { needed } from "./envoy-types/needed.ts";
import type { SourceFile } from "./config/source-file.ts";

export { isYamlPath, type SourceFile } from "./config/source-file.ts";

/**
 * Says which files will be asked about, before "@sluice/controlplane/analyze" is imported: what these do not need is then
 * not loaded. Whoever asks about others later must not call it.
 */
export function expectOnly(files: readonly SourceFile[]): void {
  // Also where YAML spells the kind with escapes.
  needed.envoyTypes = files.some(({ text }) => /EnvoyFilter|\\[xuU]/.test(text));
}
