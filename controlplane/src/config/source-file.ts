/** A file of the mesh folder as the watcher read it; `path` is what diagnostics show. */
export interface SourceFile {
  readonly path: string;
  readonly text: string;
}

/** Only these are read; anything else in the folder (README, scripts) is left alone. */
export function isYamlPath(path: string): boolean {
  return path.endsWith(".yaml") || path.endsWith(".yml");
}
