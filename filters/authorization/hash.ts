/** FNV-1a with a seed, its bits mixed once more: as `hashBytes` of the compiler. */
export function hashText(at: usize, length: i32, seed: u32): u32 {
  let hash = seed;
  for (let i = 0; i < length; i++) hash = (hash ^ load<u8>(at + i)) * 0x01000193;
  return mixed(hash);
}

/** A hash of two numbers, as `hashPair` of the compiler. */
export function hashPair(first: u32, second: u32, seed: u32): u32 {
  return mixed(((seed ^ first) * 0x9e3779b1) ^ (second * 0x85ebca6b));
}

function mixed(hash: u32): u32 {
  const once = (hash ^ (hash >>> 16)) * 0x7feb352d;
  return once ^ (once >>> 15);
}
