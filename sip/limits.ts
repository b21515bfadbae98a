/**
 * Every limit of the signalling layers: what a peer can make this end hold or do, and what happens there. `sip/` stands
 * alone, so its limits live here and not with those of the node.
 */
export const SIP_LIMITS = {
  /** Start line and header fields together; answered with 513. */
  headBytes: 32_768,
  /** Body; answered with 413. */
  bodyBytes: 49_152,
  /** Header field lines after unfolding; answered with 513. */
  headerFields: 128,
  /** One header field after unfolding; answered with 513. */
  headerFieldBytes: 8_192,
  /** Any URI; the Request-URI is answered with 414, others with 400. */
  uriBytes: 2_048,
  /** Header fields carried in one URI (RFC 3261 §19.1.1); 400. */
  uriHeaders: 32,
  /** Parameters of one value or URI; 400. */
  parameters: 64,
  /** Values of one list header (Via, Route, Contact, …) over all its lines; 400. */
  listValues: 70,
  /** Tag, branch, Call-ID, method: each is kept as part of a key; 400. */
  identifierBytes: 512,
  /** Parts of a multipart body, over all depths; the body is unreadable then. */
  bodyParts: 32,
  /** Multipart inside multipart; the body is unreadable then. */
  bodyDepth: 4,

  /** A request longer than this goes over TCP (RFC 3261 §18.1.1: path MTU unknown). */
  datagramRequestBytes: 1_300,
  /** Connections of one listener set, in and out; further ones are closed at once. */
  connections: 1_024,
  /** Inbound connections of one address; further ones are closed at once. */
  connectionsPerAddress: 64,
  /** Inbound connections of all addresses that are no peer's; further ones are closed at once. */
  strangerConnections: 32,
  /** Of a stream, held at once while messages are cut from it; the rest of a chunk waits. More than head or body. */
  streamBufferBytes: 65_536,
  /** Until a connection that is being opened counts as failed. */
  connectMs: 4_000,
  /** The same for a request that takes TCP for its size alone, and goes by UDP then: a gateway gets 4 s in all. */
  connectForSizeMs: 1_500,
  /** How long such a peer is known to take no TCP, so that the next long request goes by UDP at once. */
  streamlessMs: 300_000,
  /** Such peers; the one found longest ago is forgotten first. */
  streamlessPeers: 1_000,
  /** A connection without a byte either way is closed. */
  connectionIdleMs: 180_000,
  /** From the first byte of a message to its last, and for the first message of a peer; the connection is closed. */
  messageArrivalMs: 10_000,
  /** Bytes waiting for a peer that does not read; the connection is closed. */
  connectionQueuedBytes: 1 << 20,
  /** Empty lines (keep-alive, RFC 5626 §3.5.1) in a row answered without a message between; then they are ignored. */
  keepAlivesAnswered: 256,
  /** Addresses whose messages are counted; the one longest silent is forgotten first. */
  countedAddresses: 10_000,

  /** Server transactions at once; a further request is answered with 503 and Retry-After, without state. */
  serverTransactions: 40_000,
  /** Of them, for requests of one address, which is enough for 300 calls a second of it; likewise 503. */
  sourceTransactions: 20_000,
  /** Of them, for requests of one Call-ID; likewise 503. Keys by INFO, pressed fast, are a few a second for 32 s each. */
  callTransactions: 256,
  /** What the requests of one Call-ID may hold, the one that passes it included; likewise 503. */
  callBytes: 1 << 19,
  /** Beyond all these, BYEs of one Call-ID: they make room. */
  byeTransactions: 4,
  /** Client transactions at once; a further request fails at once. */
  clientTransactions: 20_000,
  /** Retry-After of such a 503. */
  overloadRetryAfterS: 10,
} as const;
