import { ScalarType } from "@bufbuild/protobuf";
import { BinaryWriter, WireType } from "@bufbuild/protobuf/wire";
import type { BackwardWriter } from "./backward-writer.ts";

/** Writes a value without its tag. */
export type WriteValue = (to: BackwardWriter, value: unknown) => void;

/** How values of a type are written, and which wire type their tag names. */
export interface Scalar {
  readonly wire: WireType;
  readonly write: WriteValue;
}

const maxUint32 = 0xffffffff;
const maxInt32 = 0x7fffffff;

/** `field`: its name, for errors. What configurations have everywhere is written here, the rest by protobuf.es. */
export function scalarOf(type: ScalarType, field: string): Scalar {
  const other = otherScalar(type, field);
  return COMMON[type]?.(other, field) ?? other;
}

const COMMON: Partial<Record<ScalarType, (other: Scalar, field: string) => Scalar>> = {
  [ScalarType.STRING]: (_, field) => ({
    wire: WireType.LengthDelimited,
    write: (to, value) => writeText(to, value, field),
  }),
  [ScalarType.BYTES]: (_, field) => ({
    wire: WireType.LengthDelimited,
    write: (to, value) => writeBytes(to, value, field),
  }),
  [ScalarType.BOOL]: ({ wire }) => ({ wire, write: (to, value) => to.varint(value === true ? 1 : 0) }),
  [ScalarType.UINT32]: ({ wire, write }) => ({ wire, write: smallest(maxUint32, write) }),
  [ScalarType.INT32]: ({ wire, write }) => ({ wire, write: smallest(maxInt32, write) }),
  [ScalarType.INT64]: ({ wire, write }) => ({ wire, write: smallestBig(write) }),
  [ScalarType.UINT64]: ({ wire, write }) => ({ wire, write: smallestBig(write) }),
};

function smallestBig(rest: WriteValue): WriteValue {
  return (to, value) => {
    if (typeof value === "bigint" && value >= 0n && value <= Number.MAX_SAFE_INTEGER) to.varint(Number(value));
    else rest(to, value);
  };
}

/** Whole numbers up to a limit, as almost all are; the rest, also what is wrong, is left to another. */
function smallest(limit: number, rest: WriteValue): WriteValue {
  return (to, value) => {
    if (typeof value === "number" && Number.isInteger(value) && value >= 0 && value <= limit) to.varint(value);
    else rest(to, value);
  };
}

function writeText(to: BackwardWriter, value: unknown, field: string): void {
  if (typeof value !== "string") throw new TypeError(`${field} is not a string`);
  const before = to.length;
  to.text(value);
  to.varint(to.length - before);
}

function writeBytes(to: BackwardWriter, value: unknown, field: string): void {
  if (!(value instanceof Uint8Array)) throw new TypeError(`${field} is not bytes`);
  to.raw(value);
  to.varint(value.length);
}

const wide: ReadonlySet<ScalarType> = new Set([ScalarType.DOUBLE, ScalarType.FIXED64, ScalarType.SFIXED64]);
const fixed: ReadonlySet<ScalarType> = new Set([ScalarType.FLOAT, ScalarType.FIXED32, ScalarType.SFIXED32]);

function otherScalar(type: ScalarType, field: string): Scalar {
  const wire = wide.has(type) ? WireType.Bit64 : fixed.has(type) ? WireType.Bit32 : WireType.Varint;
  const method = METHODS[type];
  return {
    wire,
    write: (to, value) => {
      try {
        // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- it checks for itself what it is given
        to.raw(new BinaryWriter()[method](value as never).finish());
      } catch (error) {
        throw new Error(`${field}: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
      }
    },
  };
}

const METHODS = {
  [ScalarType.DOUBLE]: "double",
  [ScalarType.FLOAT]: "float",
  [ScalarType.INT64]: "int64",
  [ScalarType.UINT64]: "uint64",
  [ScalarType.INT32]: "int32",
  [ScalarType.FIXED64]: "fixed64",
  [ScalarType.FIXED32]: "fixed32",
  [ScalarType.BOOL]: "bool",
  [ScalarType.STRING]: "string",
  [ScalarType.BYTES]: "bytes",
  [ScalarType.UINT32]: "uint32",
  [ScalarType.SFIXED32]: "sfixed32",
  [ScalarType.SFIXED64]: "sfixed64",
  [ScalarType.SINT32]: "sint32",
  [ScalarType.SINT64]: "sint64",
} as const satisfies Record<ScalarType, keyof BinaryWriter>;

/** What a field of a type has without a value; bytes have no one form of it. */
export function zeroOf(scalar: ScalarType): unknown {
  if (scalar === ScalarType.STRING) return "";
  if (scalar === ScalarType.BOOL) return false;
  return is64(scalar) ? 0n : 0;
}

function is64(type: ScalarType): boolean {
  return METHODS[type].endsWith("64");
}

/** The key of a map, which is a string in memory, as its field has it. */
export function fromKey(key: string, type: ScalarType): unknown {
  if (type === ScalarType.STRING) return key;
  if (type === ScalarType.BOOL) return key === "true";
  return is64(type) ? BigInt(key) : Number(key);
}
