import { createSign, generateKeyPairSync } from "node:crypto";

/** A key pair of a test, and tokens that it signs. */
export interface Issuer {
  readonly publicKey: string;
  /** A JWT signed by RS256. */
  readonly sign: (claims: object) => string;
}

export function newIssuer(): Issuer {
  const { publicKey, privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  return {
    publicKey: publicKey.export({ type: "spki", format: "pem" }).toString(),
    sign: (claims) => {
      const signed = `${encode({ alg: "RS256", typ: "JWT" })}.${encode(claims)}`;
      return `${signed}.${createSign("sha256").update(signed).sign(privateKey).toString("base64url")}`;
    },
  };
}

function encode(part: object): string {
  return Buffer.from(JSON.stringify(part)).toString("base64url");
}
