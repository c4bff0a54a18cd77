/**
 * What the copied .proto files lack. Each patch is textual and must fit exactly once, so that an update of the
 * package that makes one superfluous fails loudly instead of generating something odd.
 */
export interface Patch {
  /** Path below the import root. */
  readonly file: string;
  readonly find: string;
  readonly replace: string;
}

export const patches: readonly Patch[] = [
  {
    // Envoy's files use the rule, the bundled validate.proto is older than it.
    file: "validate/validate.proto",
    find: "message StringRules {",
    replace: "message StringRules {\n  optional bool ignore_empty = 26;",
  },
  {
    file: "envoy/extensions/wasm/v3/wasm.proto",
    find: 'import "envoy/config/core/v3/base.proto";\n',
    replace:
      'import "envoy/config/core/v3/backoff.proto";\nimport "envoy/config/core/v3/base.proto";\nimport "google/protobuf/wrappers.proto";\n',
  },
  {
    // Fields of Envoy 1.40 that the bundled wasm.proto does not know yet.
    file: "envoy/extensions/wasm/v3/wasm.proto",
    find: "  CapabilityRestrictionConfig capability_restriction_config = 6;\n}\n",
    replace: `  CapabilityRestrictionConfig capability_restriction_config = 6;
  FailurePolicy failure_policy = 7;
  ReloadConfig reload_config = 8;
  google.protobuf.BoolValue allow_on_headers_stop_iteration = 9;
}

enum FailurePolicy {
  UNSPECIFIED = 0;
  FAIL_RELOAD = 1;
  FAIL_CLOSED = 2;
  FAIL_OPEN = 3;
}

message ReloadConfig {
  config.core.v3.BackoffStrategy backoff = 1;
}
`,
  },
  {
    file: "envoy/config/cluster/v3/circuit_breaker.proto",
    find: 'import "google/protobuf/wrappers.proto";\n',
    replace: 'import "google/protobuf/duration.proto";\nimport "google/protobuf/wrappers.proto";\n',
  },
  {
    file: "envoy/config/cluster/v3/circuit_breaker.proto",
    find: "      google.protobuf.UInt32Value min_retry_concurrency = 2;\n",
    replace:
      "      google.protobuf.UInt32Value min_retry_concurrency = 2;\n      google.protobuf.Duration budget_interval = 3;\n",
  },
  {
    file: "envoy/extensions/upstreams/http/v3/http_protocol_options.proto",
    find: 'import "envoy/config/core/v3/extension.proto";\n',
    replace: 'import "envoy/config/common/matcher/v3/matcher.proto";\nimport "envoy/config/core/v3/extension.proto";\n',
  },
  {
    // What counts as a failure of an endpoint, of Envoy 1.40.
    file: "envoy/extensions/upstreams/http/v3/http_protocol_options.proto",
    find: "  // This controls the actual protocol to be used upstream.\n  oneof upstream_protocol_options {",
    replace: `  message OutlierDetection {
    config.common.matcher.v3.MatchPredicate error_matcher = 1;
  }

  OutlierDetection outlier_detection = 8;

  // This controls the actual protocol to be used upstream.
  oneof upstream_protocol_options {`,
  },
  {
    // A tag that is made by the formatter of access logs, of Envoy 1.40.
    file: "envoy/type/tracing/v3/custom_tag.proto",
    find: "    Metadata metadata = 5;\n  }\n}\n",
    replace: "    Metadata metadata = 5;\n\n    string value = 6;\n  }\n}\n",
  },
  {
    file: "envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager.proto",
    find: "spawn_upstream_span = 10;\n  }\n",
    replace: "spawn_upstream_span = 10;\n\n    bool no_context_propagation = 13;\n  }\n",
  },
  {
    file: "envoy/config/trace/v3/zipkin.proto",
    find: 'import "google/protobuf/wrappers.proto";\n',
    replace: 'import "envoy/config/core/v3/http_service.proto";\nimport "google/protobuf/wrappers.proto";\n',
  },
  {
    // How Envoy 1.40 is told of headers and times for a collector, and of W3C's header.
    file: "envoy/config/trace/v3/zipkin.proto",
    find: '(envoy.annotations.deprecated_at_minor_version) = "3.0"];\n}\n',
    replace: `(envoy.annotations.deprecated_at_minor_version) = "3.0"];

  enum TraceContextOption {
    USE_B3 = 0;
    USE_B3_WITH_W3C_PROPAGATION = 1;
  }

  TraceContextOption trace_context_option = 8;
  core.v3.HttpService collector_service = 9;
}
`,
  },
];

/** Files of Envoy's API that the package does not have at all, as far as messages that are made here need them. */
export const additions: readonly { readonly file: string; readonly text: string }[] = [
  {
    // What bodies and attributes of OpenTelemetry's logs are.
    file: "opentelemetry/proto/common/v1/common.proto",
    text: `syntax = "proto3";
package opentelemetry.proto.common.v1;

message AnyValue {
  oneof value {
    string string_value = 1;
    bool bool_value = 2;
    int64 int_value = 3;
    double double_value = 4;
    ArrayValue array_value = 5;
    KeyValueList kvlist_value = 6;
    bytes bytes_value = 7;
  }
}

message ArrayValue {
  repeated AnyValue values = 1;
}

message KeyValueList {
  repeated KeyValue values = 1;
}

message KeyValue {
  string key = 1;
  AnyValue value = 2;
}
`,
  },
];

/** Applies the patches of one file to its text (the package has CRLF); throws when one does not fit exactly once. */
export function applyPatches(file: string, text: string): string {
  return patches
    .filter((patch) => patch.file === file)
    .reduce(
      (patched, patch) => {
        const parts = patched.split(patch.find);
        if (parts.length !== 2) {
          throw new Error(`patch of ${file} fits ${parts.length - 1} times, expected once: ${patch.find.trim()}`);
        }
        return parts.join(patch.replace);
      },
      text.replaceAll("\r\n", "\n"),
    );
}
