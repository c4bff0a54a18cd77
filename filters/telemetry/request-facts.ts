import { CLIENT } from "./config";

/** What one request's labels need and what is gone, or changed, when the request is logged. */
export class RequestFacts {
  isRead: bool = false;
  /** CLIENT or SERVER. */
  side: i32 = CLIENT;
  isGrpc: bool = false;
  /** The chosen cluster's name as a number of the recorder, 0 where there is none. */
  cluster: u32 = 0;
  /** The client's peer likewise. Known at the server only. */
  peer: u32 = 0;
  /** One number for each fact that the program asks for, 0 where it was absent. */
  values: StaticArray<u32>;

  constructor(count: i32) {
    this.values = new StaticArray<u32>(count);
  }
}
