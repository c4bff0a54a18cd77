import { allocate } from "../wire/arena";
import { Bytes } from "../wire/bytes";
import { Text } from "../wire/text";
import { utf8 } from "../wire/utf8";

/** One level: what it is, its number, and where in it the reader stands. */
@unmanaged
class Level {
  isObject: bool;
  /** Objects are numbered from 1; 0 for an array. */
  object: u32;
  /** How many fields or items were begun. */
  count: u32;
  /** True while the reader is at a field or an item, not between two. */
  inside: bool;
  keyPtr: usize;
  keyLength: i32;
}

/** Where a reader is in a document: the objects and arrays that it is in. In the arena, of a fixed size. */
@unmanaged
export class JsonStack {
  private levels: usize;
  private limit: u32;
  private objects: u32;
  depth: u32;

  static create(limit: u32): JsonStack {
    const stack = changetype<JsonStack>(allocate(offsetof<JsonStack>()));
    stack.levels = allocate(<usize>limit * offsetof<Level>());
    stack.limit = limit;
    stack.objects = 0;
    stack.depth = 0;
    return stack;
  }

  /** False when it would be too deep. */
  push(isObject: bool): bool {
    if (this.depth >= this.limit) return false;
    const level = this.levelAt(this.depth++);
    level.isObject = isObject;
    level.object = isObject ? ++this.objects : 0;
    level.count = 0;
    level.inside = false;
    return true;
  }

  pop(): void {
    --this.depth;
  }

  /** The innermost level; there must be one. */
  get top(): Level {
    return this.levelAt(this.depth - 1);
  }

  private levelAt(index: u32): Level {
    return changetype<Level>(this.levels + <usize>index * offsetof<Level>());
  }

  /** Such as `rules[2].path`; empty at the document itself. */
  path(): Bytes {
    const text = Text.create();
    for (let index: u32 = 0; index < this.depth; ++index) {
      const level = this.levelAt(index);
      if (!level.inside) break;
      if (!level.isObject)
        text
          .add(utf8("["))
          .number(level.count - 1)
          .add(utf8("]"));
      else {
        if (text.length) text.add(utf8("."));
        text.add(Bytes.wrap(level.keyPtr, level.keyLength));
      }
    }
    return text.end();
  }
}
