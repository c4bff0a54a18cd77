import { createSign, generateKeyPairSync } from "node:crypto";

/** An issuer of JSON Web Tokens (RS256) with a key of its own. */
export interface Issuer {
  readonly name: string;
  /** Its JSON Web Key Set. */
  readonly jwks: string;
  /** A token of these claims, and of the usual ones where they are not given. */
  token(claims?: Readonly<Record<string, unknown>>): string;
}

export function issuer(name: string): Issuer {
  const { publicKey, privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const kid = `${name}-1`;
  const jwk = { ...publicKey.export({ format: "jwk" }), kid, alg: "RS256", use: "sig" };
  return {
    name,
    jwks: JSON.stringify({ keys: [jwk] }),
    token: (claims = {}) => {
      const parts = [
        { alg: "RS256", typ: "JWT", kid },
        { iss: name, sub: "ada", exp: Math.floor(Date.now() / 1000) + 3600, ...claims },
      ].map((part) => Buffer.from(JSON.stringify(part)).toString("base64url"));
      const signature = createSign("RSA-SHA256").update(parts.join(".")).sign(privateKey, "base64url");
      return [...parts, signature].join(".");
    },
  };
}
