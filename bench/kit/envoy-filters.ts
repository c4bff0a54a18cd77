/** Envoy's own filters that the benches compare with or need. */

/** A Lua script as an HTTP filter. */
export function luaFilter(source: string): object {
  return {
    name: "envoy.filters.http.lua",
    typed_config: {
      "@type": "type.googleapis.com/envoy.extensions.filters.http.lua.v3.Lua",
      default_source_code: { inline_string: source },
    },
  };
}

/** Holds a request back until its body is whole, so that an answer made by Envoy itself does not end it before. */
export const bufferFilter: object = {
  name: "envoy.filters.http.buffer",
  typed_config: {
    "@type": "type.googleapis.com/envoy.extensions.filters.http.buffer.v3.Buffer",
    max_request_bytes: 1_048_576,
  },
};
