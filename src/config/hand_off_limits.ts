/** Limits of handing callers over, to other workflows and to people; part of LIMITS. */
export const HAND_OFF_LIMITS = {
  /** Hand-offs between workflows in one call; at one more the caller is told, and the call goes to its workflow's exit. */
  handOffs: 8,
  /** People of a node; more are an error. */
  people: 100,
  /** What a person is told before the caller is heard; then both are joined. */
  whisperMs: 20_000,
  /** From when a caller was put through by their own side (REFER) until they are hung up, unless the agent has done so. */
  transferPartingMs: 2_000,
} as const;
