import { Bytes } from "../../wire/bytes";
import { utf8 } from "../../wire/utf8";
import { getProperty, getPropertyI64 } from "../../http/property";
import { joinPath } from "./path";

/** Who this plugin is in the host's configuration. May be asked in `onConfigure` as well. */
export abstract class PluginProperties {
  /** `plugin_name`: its name. */
  static name(): Bytes | null {
    return getProperty(utf8("plugin_name"));
  }

  /** `plugin_root_id`: its root id, which `registerPlugin` chooses by. */
  static rootId(): Bytes | null {
    return getProperty(utf8("plugin_root_id"));
  }

  /** `plugin_vm_id`: the id of its VM. */
  static vmId(): Bytes | null {
    return getProperty(utf8("plugin_vm_id"));
  }
}

/** Names from before `xds.*`, for hosts that have only these. Of them Envoy (1.40) answers `connection_id` alone. */
export abstract class LegacyProperties {
  /** `node.id`: see `NodeProperties`. */
  static nodeId(): Bytes | null {
    return getProperty(utf8("node\0id"));
  }

  /** `node.cluster`: see `NodeProperties`. */
  static nodeCluster(): Bytes | null {
    return getProperty(utf8("node\0cluster"));
  }

  /** `node.metadata`: see `NodeProperties`. */
  static nodeMetadata(name: Bytes): Bytes | null {
    return getProperty(joinPath(utf8("node\0metadata\0"), name));
  }

  /** `cluster_name`: see `XdsProperties`. */
  static clusterName(): Bytes | null {
    return getProperty(utf8("cluster_name"));
  }

  /** `cluster_metadata`: see `XdsProperties`. */
  static clusterMetadata(filter: Bytes, key: Bytes): Bytes | null {
    return getProperty(joinPath(utf8("cluster_metadata\0filter_metadata\0"), filter, key));
  }

  /** `route_name`: see `XdsProperties`. */
  static routeName(): Bytes | null {
    return getProperty(utf8("route_name"));
  }

  /** `route_metadata`: see `XdsProperties`. */
  static routeMetadata(filter: Bytes, key: Bytes): Bytes | null {
    return getProperty(joinPath(utf8("route_metadata\0filter_metadata\0"), filter, key));
  }

  /** `listener_direction`: see `XdsProperties`. */
  static listenerDirection(missing: i64 = -1): i64 {
    return getPropertyI64(utf8("listener_direction"), missing);
  }

  /** `listener_metadata`: see `XdsProperties`. */
  static listenerMetadata(filter: Bytes, key: Bytes): Bytes | null {
    return getProperty(joinPath(utf8("listener_metadata\0filter_metadata\0"), filter, key));
  }

  /** `upstream_host_metadata`: see `XdsProperties`. */
  static upstreamHostMetadata(filter: Bytes, key: Bytes): Bytes | null {
    return getProperty(joinPath(utf8("upstream_host_metadata\0filter_metadata\0"), filter, key));
  }

  /** `connection_id`: see `ConnectionProperties`. */
  static connectionId(missing: i64 = -1): i64 {
    return getPropertyI64(utf8("connection_id"), missing);
  }
}
