/** The version of this package, and of everything that `sluice init` pins; a test holds them to package.json. */
export const VERSION = "0.1.0";

/** Packages that a new project takes from the registry, with the versions that this one is tested with. */
export const PINNED: Readonly<Record<string, string>> = {
  assemblyscript: "0.28.20",
  "fast-check": "4.10.2",
  vitest: "5.1.1",
};

/** Our own packages. */
export const OURS: readonly string[] = ["@sluice/host", "proxy-wasm-assemblyscript-sdk", "sluice"];
