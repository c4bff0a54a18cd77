// Static memory that host calls write numbers to; read at once after the call, so one slot serves all of them.

/** 8 bytes for a number that a host call returns. */
export const NUMBER_SLOT: usize = memory.data(8, 8);
/** The same for a second number of one call. */
export const FLAGS_SLOT: usize = memory.data(4, 4);
