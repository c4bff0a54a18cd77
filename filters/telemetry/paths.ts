import { utf8 } from "proxy-wasm-assemblyscript-sdk";

/** Properties that both requests and connections are asked for. */
export const OWN_PEER = utf8("xds\0node\0metadata\0SLUICE_PEER");
export const DESTINATION = utf8("xds\0upstream_host_metadata\0filter_metadata\0sluice\0destination");
export const CLUSTER_NAME = utf8("xds\0cluster_name");
export const FLAGS = utf8("response\0flags");
/** Of a connection what its client, and what its server has sent. */
export const REQUEST_SIZE = utf8("request\0size");
export const RESPONSE_SIZE = utf8("response\0size");
