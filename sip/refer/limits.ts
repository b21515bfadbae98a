/** Limits of referrals, with what happens there. */
export const REFER_LIMITS = {
  /** NOTIFYs of one referral; a further one gets 481, and what becomes of the referral is not known. */
  notices: 64,
  /** From the REFER on; then what becomes of it is not known, and a NOTIFY gets 481. */
  lastWordMs: 120_000,
} as const;
