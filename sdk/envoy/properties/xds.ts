import { Bytes } from "../../wire/bytes";
import { utf8 } from "../../wire/utf8";
import { getProperty, getPropertyI64 } from "../../http/property";
import { joinPath } from "./path";

/**
 * What the configuration says about the request's way through the host. Values of metadata come decoded as
 * `getProperty` has them: text as bytes, a number as a double (`f64Of`), a structure as pairs (`PropertyMap`).
 */
export abstract class XdsProperties {
  /** `xds.node`: the host's own description, as a serialised `envoy.config.core.v3.Node`; its fields: `NodeProperties`. */
  static node(): Bytes | null {
    return getProperty(utf8("xds\0node"));
  }

  /** `xds.cluster_name`: the cluster that the route chose. */
  static clusterName(): Bytes | null {
    return getProperty(utf8("xds\0cluster_name"));
  }

  /** `xds.cluster_metadata`: a value of the cluster's metadata. */
  static clusterMetadata(filter: Bytes, key: Bytes): Bytes | null {
    return getProperty(joinPath(utf8("xds\0cluster_metadata\0filter_metadata\0"), filter, key));
  }

  /** `xds.route_name`: the name of the matched route. */
  static routeName(): Bytes | null {
    return getProperty(utf8("xds\0route_name"));
  }

  /** `xds.route_metadata`: a value of the matched route's metadata. */
  static routeMetadata(filter: Bytes, key: Bytes): Bytes | null {
    return getProperty(joinPath(utf8("xds\0route_metadata\0filter_metadata\0"), filter, key));
  }

  /** `xds.virtual_host_name`: the name of the matched virtual host. */
  static virtualHostName(): Bytes | null {
    return getProperty(utf8("xds\0virtual_host_name"));
  }

  /** `xds.virtual_host_metadata`: a value of the matched virtual host's metadata. */
  static virtualHostMetadata(filter: Bytes, key: Bytes): Bytes | null {
    return getProperty(joinPath(utf8("xds\0virtual_host_metadata\0filter_metadata\0"), filter, key));
  }

  /** `xds.upstream_host_metadata`: a value of the upstream host's metadata. */
  static upstreamHostMetadata(filter: Bytes, key: Bytes): Bytes | null {
    return getProperty(joinPath(utf8("xds\0upstream_host_metadata\0filter_metadata\0"), filter, key));
  }

  /** `xds.upstream_host_locality_metadata`: a value of the metadata of the upstream host's locality. */
  static upstreamHostLocalityMetadata(filter: Bytes, key: Bytes): Bytes | null {
    return getProperty(joinPath(utf8("xds\0upstream_host_locality_metadata\0filter_metadata\0"), filter, key));
  }

  /** `xds.listener_direction`: 0 unspecified, 1 inbound, 2 outbound. */
  static listenerDirection(missing: i64 = -1): i64 {
    return getPropertyI64(utf8("xds\0listener_direction"), missing);
  }

  /** `xds.listener_metadata`: a value of the listener's metadata. */
  static listenerMetadata(filter: Bytes, key: Bytes): Bytes | null {
    return getProperty(joinPath(utf8("xds\0listener_metadata\0filter_metadata\0"), filter, key));
  }

  /** `xds.filter_chain_name`: the name of the listener's filter chain. */
  static filterChainName(): Bytes | null {
    return getProperty(utf8("xds\0filter_chain_name"));
  }
}

/** The host itself: the node of its bootstrap. */
export abstract class NodeProperties {
  /** `xds.node.id`: its id. */
  static id(): Bytes | null {
    return getProperty(utf8("xds\0node\0id"));
  }

  /** `xds.node.cluster`: its cluster. */
  static cluster(): Bytes | null {
    return getProperty(utf8("xds\0node\0cluster"));
  }

  /** `xds.node.metadata`: a value of its metadata. */
  static metadata(name: Bytes): Bytes | null {
    return getProperty(joinPath(utf8("xds\0node\0metadata\0"), name));
  }

  /** `xds.node.locality.region`: where it runs. */
  static region(): Bytes | null {
    return getProperty(utf8("xds\0node\0locality\0region"));
  }

  /** `xds.node.locality.zone`: where it runs. */
  static zone(): Bytes | null {
    return getProperty(utf8("xds\0node\0locality\0zone"));
  }

  /** `xds.node.locality.sub_zone`: where it runs. */
  static subZone(): Bytes | null {
    return getProperty(utf8("xds\0node\0locality\0sub_zone"));
  }
}
