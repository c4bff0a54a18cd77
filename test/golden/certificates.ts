import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";

/** Writes a CA and, by name, certificates of it with these identities: `NAME.crt`, `NAME.key`, `ca.crt`. */
export function makeCertificates(folder: string, identities: Readonly<Record<string, string>>): void {
  const openssl = (...words: readonly string[]): void => {
    execFileSync("openssl", words, { cwd: folder, stdio: "pipe" });
  };
  const key = (name: string): readonly string[] => [
    ..."-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout".split(" "),
    `${name}.key`,
  ];
  openssl("req", "-x509", ...key("ca"), ..."-out ca.crt -days 2 -subj /CN=test".split(" "));
  for (const [name, identity] of Object.entries(identities)) {
    openssl("req", ...key(name), "-out", `${name}.csr`, "-subj", `/CN=${name}`);
    writeFileSync(join(folder, `${name}.ext`), `subjectAltName=URI:${identity}\n`);
    const signed = `x509 -req -in ${name}.csr -CA ca.crt -CAkey ca.key -CAcreateserial -out ${name}.crt -days 2 -extfile ${name}.ext`;
    openssl(...signed.split(" "));
  }
}
