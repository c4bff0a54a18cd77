import { allocate } from "../wire/arena";
import { Bytes } from "../wire/bytes";
import { HeaderList } from "../wire/header-pairs";

const SEMICOLON: u8 = 0x3b;
const UNDERSCORE: u8 = 0x5f;

/**
 * The name of a metric with tags. The ABI knows only names; Envoy takes tags out of them by the expressions of its
 * `stats_config.stats_tags`. `MetricName.of(utf8("requests")).tag(utf8("method"), method).end()` gives
 * `requests;.method=GET`, which the expression `(;\\.method=([^;]*))` takes apart again.
 */
@unmanaged
export class MetricName {
  private base: Bytes;
  private tags: HeaderList;

  static of(base: Bytes): MetricName {
    const name = changetype<MetricName>(allocate(offsetof<MetricName>()));
    name.base = base;
    name.tags = HeaderList.create(8);
    return name;
  }

  /** Adds a tag. A semicolon in the value becomes an underscore. */
  tag(key: Bytes, value: Bytes): MetricName {
    this.tags.add(key, value);
    return this;
  }

  /** The name, as a view. */
  end(): Bytes {
    const tags = this.tags;
    let size = this.base.length;
    for (let index: u32 = 0; index < tags.length; ++index) {
      size += tags.nameAt(index).length + tags.valueAt(index).length + 3;
    }
    const name = Bytes.wrap(allocate(<usize>size), size);
    let to = copy(name.ptr, this.base);
    for (let index: u32 = 0; index < tags.length; ++index) {
      store<u16>(to, 0x2e3b); // ;.
      to = copy(to + 2, tags.nameAt(index));
      store<u8>(to, 0x3d); // =
      const value = to + 1;
      to = copy(value, tags.valueAt(index));
      for (let at = value; at < to; ++at) if (load<u8>(at) == SEMICOLON) store<u8>(at, UNDERSCORE);
    }
    return name;
  }
}

function copy(to: usize, from: Bytes): usize {
  memory.copy(to, from.ptr, <usize>from.length);
  return to + from.length;
}
