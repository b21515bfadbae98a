/** Limits of finding servers, with what happens there: what a name server says is no more to be trusted than a caller. */
export const LOCATE_LIMITS = {
  /** Longest name that is looked up (RFC 1035 §2.3.4); longer ones are not found. */
  nameCharacters: 253,
  /** NAPTR records of a name that are looked at; further ones are not. */
  naptrRecords: 32,
  /** SRV records of a service that are looked at, those of the best priorities; further ones are not. */
  srvRecords: 16,
  /** Servers of one URI whose addresses are looked up; further ones are not. */
  servers: 16,
  /** Addresses of one server and family; further ones are not used. */
  addresses: 8,
  /** Hops that one URI leads to; further ones are not used. */
  hops: 32,

  /** One try of a question to a name server, and its tries. */
  queryMs: 2_000,
  queryTries: 2,
  /** Until a question that has no answer counts as unanswered, tries and the hosts file together. */
  answerMs: 5_000,
  /** Questions under way at once; further ones count as unanswered. */
  questions: 256,
  /** Names whose answers are kept; the one asked longest ago is forgotten. */
  keptNames: 1_000,
  /** How long an answer is kept whose time to live is not told. */
  untoldTtlS: 60,
  /** Bounds of a time to live that is told: zero would ask for every call, a year would outlive every move. */
  leastTtlS: 1,
  mostTtlS: 3_600,
  /** How long it is kept that a name has nothing (RFC 2308), and that nobody answered. */
  nothingTtlS: 30,
  unansweredTtlS: 5,

  /** How long a hop that failed comes after those that did not. */
  failedHopMs: 30_000,
  /** Failed hops that are remembered; the one that failed longest ago is forgotten. */
  failedHops: 1_000,
  /** Addresses remembered as led to; the one longest not led to is forgotten. */
  knownAddresses: 2_000,
} as const;
