import * as fc from "fast-check";
import { expect } from "vitest";
import { compileAuthorization, evaluate } from "../../controlplane/src/policy/authorization.ts";
import type { AuthorizationRequest } from "../../controlplane/src/policy/authorization.ts";
import { LoadedProgram } from "./authorization-facts.ts";
import { authorizationPolicy, namespaces } from "./models.ts";
import type { PureFilter } from "./pure-filter.ts";

// Random policies meet few namespaces with a star inside; here are nothing but such, and short enough to overlap.
const text = (maxLength: number): fc.Arbitrary<string> =>
  fc.string({ unit: fc.constantFrom("a", "b"), minLength: 1, maxLength });
const stars = fc.array(
  fc.tuple(text(3), text(3)).map((parts) => parts.join("*")),
  { minLength: 1, maxLength: 4 },
);
const names = fc.array(text(5), { minLength: 8, maxLength: 8 });

/** Compares filter and reference with Istio's regular expression; how many namespaces were let in and kept out. */
export function compareStars(filter: PureFilter): { readonly allowed: number; readonly denied: number } {
  const seen = { allowed: 0, denied: 0 };
  fc.assert(
    fc.property(stars, names, (written, peers) => {
      const input = [authorizationPolicy("p", "ALLOW", { from: [{ namespaces: namespaces(...written) }] })];
      const at = filter.put(compileAuthorization(input) ?? new Uint8Array());
      const program = new LoadedProgram(filter, at);
      for (const name of peers) {
        const allowed = written.some((star) => new RegExp(`^${star.replace("*", ".*")}$`).test(name));
        seen[allowed ? "allowed" : "denied"] += 1;
        const facts = requestFrom(name);
        expect([program.decide(facts).allowed, evaluate(input, facts).allowed]).toEqual([allowed, allowed]);
      }
      filter.call("release", at);
    }),
    { numRuns: 300 },
  );
  return seen;
}

function requestFrom(namespace: string): AuthorizationRequest {
  return {
    method: "GET",
    host: "a",
    path: "/",
    headers: {},
    port: 80,
    sourceIp: "11.0.0.1",
    remoteIp: "11.0.0.1",
    destinationIp: "11.0.0.2",
    peer: `spiffe://cluster.local/ns/${namespace}/sa/a`,
  };
}
