/** Envoy's own filters, configured to do what our policies do in the same bench. */

const filterType = (name: string): string => `type.googleapis.com/envoy.extensions.filters.http.${name}`;

/** A DENY and an ALLOW filter, as two AuthorizationPolicies become in a mesh that uses Envoy's own RBAC. */
export const nativeAuthorization: readonly object[] = [
  rbac("deny", "DENY", { url_path: { path: { prefix: "/admin" } } }),
  rbac("allow", "ALLOW", { header: { name: ":method", string_match: { exact: "GET" } } }),
];

function rbac(name: string, action: string, permission: object): object {
  const policy = { permissions: [permission], principals: [{ any: true }] };
  return {
    name: `native.rbac.${name}`,
    typed_config: { "@type": filterType("rbac.v3.RBAC"), rules: { action, policies: { [name]: policy } } },
  };
}

/** One ALLOW filter with a rule for GET below each path, as one AuthorizationPolicy becomes in Istio. */
export function manyRules(paths: readonly string[]): object {
  const get = { header: { name: ":method", string_match: { exact: "GET" } } };
  const policies = paths.map((prefix, index) => {
    const rules = [{ or_rules: { rules: [get] } }, { or_rules: { rules: [{ url_path: { path: { prefix } } }] } }];
    const policy = { permissions: [{ and_rules: { rules } }], principals: [{ and_ids: { ids: [{ any: true }] } }] };
    return [`ns[bench]-policy[bench]-rule[${String(index).padStart(5, "0")}]`, policy] as const;
  });
  return {
    name: "native.rbac.many",
    typed_config: {
      "@type": filterType("rbac.v3.RBAC"),
      rules: { action: "ALLOW", policies: Object.fromEntries(policies) },
    },
  };
}

/** One request in a million waits for a millisecond: the filter samples each request, and the bench doesn't notice. */
export const nativeFault = {
  name: "native.fault",
  typed_config: {
    "@type": filterType("fault.v3.HTTPFault"),
    delay: { fixed_delay: "0.001s", percentage: { numerator: 1, denominator: "MILLION" } },
  },
};

export const nativeHeaders = {
  name: "native.headers",
  typed_config: {
    "@type": filterType("header_mutation.v3.HeaderMutation"),
    mutations: {
      request_mutations: [append("x-bench-request", "1")],
      response_mutations: [append("x-bench-response", "1")],
    },
  },
};

function append(key: string, value: string): object {
  return { append: { header: { key, value }, append_action: "OVERWRITE_IF_EXISTS_OR_ADD" } };
}

/** A denied header value and a header set on the response, as a filter of ours does both. */
export const headerAndRbac: readonly object[] = [
  rbac("user", "DENY", { header: { name: "x-user", string_match: { exact: "mallory" } } }),
  {
    name: "native.response-header",
    typed_config: {
      "@type": filterType("header_mutation.v3.HeaderMutation"),
      mutations: { response_mutations: [append("x-bench", "1")] },
    },
  },
];
