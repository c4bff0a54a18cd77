import { existsSync } from "node:fs";

/** Where machines keep the certificates that they trust: Debian, Fedora, openSUSE, Alpine, macOS and the BSDs. */
const places = [
  "/etc/ssl/certs/ca-certificates.crt",
  "/etc/pki/tls/certs/ca-bundle.crt",
  "/etc/ssl/ca-bundle.pem",
  "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
  "/etc/ssl/cert.pem",
];

/** The first such file; undefined where there is none. Envoys that run in containers of their own have Debian's. */
export function findSystemRoots(): string | undefined {
  return places.find((path) => existsSync(path));
}
