/** Limits of session descriptions; what goes beyond one is refused with 400. */
export const SDP_LIMITS = {
  /** A whole description; browsers' longest are a third of this. */
  characters: 32_768,
  lines: 800,
  lineCharacters: 4_096,
  /** m= lines. */
  media: 16,
  /** Formats of one m= line. */
  formats: 64,
} as const;
