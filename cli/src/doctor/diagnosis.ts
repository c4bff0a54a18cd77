/** What a check of this machine came to. */
export interface Diagnosis {
  /** What was looked at, such as `Envoy`. */
  readonly name: string;
  /** `failed`: something of Sluice does not work. `warning`: something is missing that not everybody needs. */
  readonly state: "ok" | "warning" | "failed";
  /** What was found. */
  readonly found: string;
  /** What to do, for everything that is not `ok`. */
  readonly fix?: string;
}

export function isWell(diagnoses: readonly Diagnosis[]): boolean {
  return !diagnoses.some(({ state }) => state === "failed");
}
