import { base64Decode, base64DecodedLength } from "../common/base64";
import { checkBundle, programIn, programLength } from "../common/bundle";
import { copyBytes, hashBytes, sameBytes } from "../common/bytes";
import { FAULT, HEADERS, OK } from "../common/program";
import { check as checkFault } from "../fault/config";
import { check as checkHeaders } from "../headers/config";
import { remembers } from "../headers/remembered";

/** The programs were not even base64. */
export const NOT_BASE64: i32 = 100;

const SLOTS: i32 = 128;
const MAX_BUNDLES: i32 = 1024;

/** So many characters hold a bundle's header, with its length and the checksum of the rest. */
const HEADER_TEXT: i32 = 22;

/** The programs of a route, as it carries them: their text, what it decodes to, and whether that may be run. */
export class RoutePrograms {
  next: RoutePrograms | null = null;
  /** Set by who logs a refusal, so that bad programs are logged once and not with every request. */
  reported: bool = false;
  /** Where the programs stand; 0 for one that the route does not have, and for both if they are not sound. */
  fault: usize = 0;
  headers: usize = 0;
  /** Whether its response speaks of the headers of its request. */
  remembers: bool = false;

  constructor(
    public hash: u32,
    public text: StaticArray<u8>,
    private bundle: StaticArray<u8>,
    public reason: i32,
  ) {
    if (reason == OK) {
      this.fault = programIn(changetype<usize>(bundle), FAULT);
      this.headers = programIn(changetype<usize>(bundle), HEADERS);
      this.remembers = this.headers != 0 && remembers(this.headers);
    }
  }

  holds(text: usize, length: i32): bool {
    return this.text.length == length && sameBytes(changetype<usize>(this.text), text, length);
  }
}

/**
 * The programs of routes, by the text that they came as: decoded and checked once, whatever number of routes and requests
 * bring them. Bounded: when it is full it starts anew (streams keep what they use).
 */
export class RouteProgramCache {
  private slots: StaticArray<RoutePrograms | null> = new StaticArray<RoutePrograms | null>(SLOTS);
  private latest: RoutePrograms | null = null;
  private count: i32 = 0;

  /** The programs that `length` characters of base64 stand for, sound or not. */
  find(text: usize, length: i32): RoutePrograms {
    const latest = this.latest;
    if (latest !== null && latest.holds(text, length)) return latest;
    const hash = hashBytes(text, min(length, HEADER_TEXT));
    let programs = this.slots[<i32>hash & (SLOTS - 1)];
    while (programs !== null && !(programs.hash == hash && programs.holds(text, length))) programs = programs.next;
    const found = programs !== null ? programs : this.add(hash, text, length);
    this.latest = found;
    return found;
  }

  private add(hash: u32, text: usize, length: i32): RoutePrograms {
    if (this.count == MAX_BUNDLES) {
      this.slots = new StaticArray<RoutePrograms | null>(SLOTS);
      this.count = 0;
    }
    const bytes = new StaticArray<u8>(max(base64DecodedLength(text, length), 0));
    const isDecoded = base64Decode(text, length, changetype<usize>(bytes));
    const programs = new RoutePrograms(
      hash,
      copyBytes(text, length),
      bytes,
      isDecoded ? checkPrograms(changetype<usize>(bytes), bytes.length) : NOT_BASE64,
    );
    const slot = <i32>hash & (SLOTS - 1);
    programs.next = this.slots[slot];
    this.slots[slot] = programs;
    this.count++;
    return programs;
  }
}

function checkPrograms(bundle: usize, length: i32): i32 {
  const reason = checkBundle(bundle, length);
  if (reason != OK) return reason;
  const fault = programIn(bundle, FAULT);
  const faultReason = fault == 0 ? OK : checkFault(fault, programLength(bundle, FAULT));
  if (faultReason != OK) return faultReason;
  const headers = programIn(bundle, HEADERS);
  return headers == 0 ? OK : checkHeaders(headers, programLength(bundle, HEADERS));
}
