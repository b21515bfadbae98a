const setOf = (text: string): ReadonlySet<string> => new Set(text.split(' '));

/** What tells that it has been, is only thought of, or is a matter of insurance. */
const NOT_NOW = setOf(
  'yesterday ago last was used had when whenever if sometimes once cover covers covered coverage insured insurance ' +
    'policy claim pays pay january february march april june july august september october november december monday ' +
    'tuesday wednesday thursday friday saturday sunday previously before since died during happens would year ' +
    'years usually often dream movie',
);
/** What tells that it is now all the same. */
const NOW = setOf('now hurry help god quick immediately still currently');

/** Whether what is told is of another time, or of none. */
export function isOver(tokens: readonly string[]): boolean {
  return !tokens.some(token => NOW.has(token)) && tokens.some(token => NOT_NOW.has(token));
}
