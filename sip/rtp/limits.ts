/** Every limit of RTP: what a far end or a stranger can make this end hold or do, and what happens there. */
export const RTP_LIMITS = {
  /** Payload of a packet: 60 ms at 64 kbit/s; a longer packet is counted and dropped. */
  payloadBytes: 480,
  /** A datagram with all that RFC 3550 allows before and after the payload; a longer one is dropped. */
  datagramBytes: 1_500,
  /** Packets that wait in a jitter buffer; the oldest gives way. */
  bufferedPackets: 64,
  /** Audio that waits in a jitter buffer; what is older is dropped and counted. */
  bufferedMs: 400,
  /** A packet earlier or later than this by the sender's clock begins a new timeline. */
  timelineJumpMs: 1_000,
  /** Sequence numbers ahead (RFC 3550 §A.1) that still count as loss; farther ones as a restart. */
  sequenceDropout: 3_000,
  /** Sequence numbers behind that still count as reordering. */
  sequenceMisorder: 100,
  /** Packets of an RTCP datagram that are read; a longer compound is dropped whole. */
  compoundPackets: 16,
  /** Telephone keys that wait to be sent; a further one is refused. */
  queuedKeys: 64,
  /** An event of which nothing more is heard counts as ended. */
  eventSilenceMs: 160,
  /** An event is reported at the latest then, even if the far end never lets go. */
  eventMs: 60_000,
  /** A latched source may be succeeded by another port of its host only after so long a silence… */
  latchSilenceMs: 2_000,
  /** …and by another host after so long. */
  latchHostSilenceMs: 10_000,
  /** Packets handed over in one tick and not yet sent; beyond it they go out at once. */
  spreadPackets: 4_096,
  /** Packets of a socket that are read in a tick; further ones wait with the system, and are lost when they are too many. */
  polledPacketsOfSocket: 128,
  /** The same of all sockets, but for the first few of each. */
  polledPackets: 2_048,
  /** A packet can't have waited for longer than this; one that seems to counts as just come. */
  waitingMs: 1_000,
} as const;
