import { expect, test } from "vitest";
import { decodeGood, decodeSpecText } from "../testing/decode-text.ts";

const keys = `'{ "keys": [{ "kty": "RSA", "n": "x", "e": "AQAB" }] }'`;
const rule = (fields: string): string => `jwtRules:\n- { issuer: "https://a.test", ${fields} }`;

test("a rule with everything", () => {
  const spec = rule(`audiences: [shop], jwksUri: "https://a.test/keys", timeout: 2s, forwardOriginalToken: true,
    fromHeaders: [{ name: X-Token, prefix: "Token " }], fromParams: [token], fromCookies: [session],
    outputPayloadToHeader: X-Payload, outputClaimToHeaders: [{ header: X-Team, claim: realm.team }],
    spaceDelimitedClaims: [groups]`);
  expect(decodeGood("RequestAuthentication", spec)).toMatchObject({
    selector: {},
    rules: [
      {
        issuer: "https://a.test",
        audiences: ["shop"],
        keys: { uri: "https://a.test/keys" },
        fromHeaders: [{ name: "x-token", prefix: "Token " }],
        fromParams: ["token"],
        fromCookies: ["session"],
        forwardOriginalToken: true,
        outputPayloadToHeader: "x-payload",
        outputClaimToHeaders: [{ header: "x-team", claim: "realm.team" }],
        timeoutMs: 2000,
        spaceDelimitedClaims: ["groups"],
      },
    ],
  });
});

test("Istio's defaults", () => {
  expect(decodeGood("RequestAuthentication", rule(`jwks: ${keys}`))).toMatchObject({
    rules: [{ audiences: [], fromHeaders: [], forwardOriginalToken: false, timeoutMs: 5000 }],
  });
  expect(decodeGood("RequestAuthentication", "{}")).toMatchObject({ rules: [] });
});

test.each<[name: string, spec: string, problem: RegExp]>([
  ["no issuer", "jwtRules: [{ jwksUri: 'https://a.test/keys' }]", /issuer is required/],
  [
    "no keys",
    rule("audiences: [a]"),
    /jwksUri is required, or jwks \| fix: add jwksUri: the "jwks_uri" that https:\/\/a\.test\/\.well-known\/openid-configuration tells/,
  ],
  ["keys that are not JSON", rule("jwks: hello"), /jwks is not JSON/],
  ["keys without a list", rule(`jwks: '{}'`), /has no "keys"/],
  ["a single key", rule(`jwks: '{ "kty": "RSA" }'`), /fix: put the key below "keys"/],
  ["no key in the list", rule(`jwks: '{ "keys": [] }'`), /must have a list with a key/],
  ["a key without a type", rule(`jwks: '{ "keys": [{ "kty": "RSA" }, {}] }'`), /has no "kty" in keys\[1\]/],
  ["a URL without a scheme", rule("jwksUri: a.test/keys"), /fix: write https:\/\/a\.test\/keys/],
  ["a URL of a file", rule("jwksUri: 'file:///keys'"), /is no URL of a key set/],
  ["a URL with a password", rule("jwksUri: 'https://u:p@a.test/keys'"), /is no URL of a key set/],
  ["an empty audience", rule(`jwks: ${keys}, audiences: [""]`), /audiences\[0\] must not be empty/],
  ["a header without a name", rule(`jwks: ${keys}, fromHeaders: [{ prefix: "a " }]`), /name is required/],
  [
    "a claim's header that is none",
    rule(`jwks: ${keys}, outputClaimToHeaders: [{ header: "a b", claim: c }]`),
    /is not a header name/,
  ],
  ["a misspelled field", rule(`jwks: ${keys}, fromHeader: []`), /did you mean "fromHeaders"/],
  [
    "a targetRef",
    "targetRef: {}",
    /targetRef is not supported: it names Gateways of Kubernetes.* \| fix: use selector/,
  ],
])("a RequestAuthentication refuses %s", (_, spec, problem) => {
  expect(decodeSpecText("RequestAuthentication", spec).problems[0]).toMatch(problem);
});

test("of keys and a place of keys, the keys count", () => {
  const { declared, problems } = decodeSpecText(
    "RequestAuthentication",
    rule(`jwks: ${keys}, jwksUri: "https://a.test/k"`),
  );
  expect(problems[0]).toMatch(/warning .*jwksUri has no effect beside jwks/);
  expect(declared?.object).toMatchObject({ rules: [{ keys: { jwks: expect.stringContaining("RSA") } }] });
});
