import { Bytes } from "../../wire/bytes";
import { utf8 } from "../../wire/utf8";
import { getProperty } from "../../http/property";
import { joinPath } from "./path";

/** What filters tell each other about a stream. */
export abstract class StreamState {
  /** `metadata`: a value of the stream's dynamic metadata, of any filter. */
  static metadata(filter: Bytes, key: Bytes): Bytes | null {
    return getProperty(joinPath(utf8("metadata\0filter_metadata\0"), filter, key));
  }

  /** `filter_state`: an object of the filter state: one of this SDK's (`setProperty`) is named `wasm.<path>`. Bytes as they were set, or the object's serialised form. */
  static filterState(name: Bytes): Bytes | null {
    return getProperty(joinPath(utf8("filter_state\0"), name));
  }

  /** `upstream_filter_state`: an object of the upstream connection's filter state. */
  static upstreamFilterState(name: Bytes): Bytes | null {
    return getProperty(joinPath(utf8("upstream_filter_state\0"), name));
  }
}
