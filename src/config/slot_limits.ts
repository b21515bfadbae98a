/** Limits of what callers say to fill slots; part of LIMITS. */
export const SLOT_LIMITS = {
  /** What a caller said to one question; more counts as not understood. */
  heardCharacters: 500,
  heardWords: 60,
  /** The same where free words are asked for, such as what has happened. */
  accountCharacters: 2_000,
  accountWords: 250,
  /** A slot's value; a longer one is not taken. */
  slotCharacters: 2_000,
  /** A person's name and a company's; longer ones are not taken. */
  nameCharacters: 80,
  companyCharacters: 100,
} as const;
