import { plainWords } from './plain_words.ts';

/** Words that are not said to answer are few. */
const MOST_WORDS = 18;

const BE = '(?:is|are|am|was|were|do|does|did|will|would|can|could|should|shall|may|have|has)';
const WHO =
  '(?:i|you|we|they|he|she|it|this|that|there|these|those|your|the|a|somebody|anybody|someone|anyone)';
/**
 * A question for the agent: "how soon do i get it", "who is going to see this", "what happens after this call". "What happened was" begins
 * an account.
 */
const QUESTION = new RegExp(
  `^(?:and |but |so |sorry |wait )*(?:(?:what|how|who|where|when|why|which)(?! (?:it )?happened| i )(?: \\w+){0,3}? ${BE} (?:not )?${WHO}\\b|` +
    `(?:what|how|who|where|why) (?:is|are|will|happens|comes|gets|sees|reads) (?!that (?:i|we)\\b)|` +
    `(?:is|are|do|does|did|will|would|can|could|should|may) (?:not )?(?:i|we|they|it|this|that|there|you(?! (?:\\w+ )?(?:tell|ask|have|let|send|call)))\\b)`,
);
/** An order to the agent to be something else than it is, or to do what callers have no say in. */
const ORDER =
  /^(?:and |but |now |so |please )*(?:(?:ignore|forget|disregard|override|bypass|skip|print|reveal|repeat|show|tell|give|set|approve|cancel)\b.*\b(?:instructions?|prompts?|rules?|guidelines?|questions|discount|price|everything|administrator|developer)\b|(?:pretend|act|behave|imagine)\b.*\b(?:you|as|like)\b|you are now\b|as your \w+ i\b|from now on\b)/;
/** What is going on around the caller, or how their day is. */
const SMALL_TALK = new RegExp(
  `^(?:(?:i am |i )?(?:so |very )?sorry (?:about )?(?:that is )?)?(?:${[
    '(?:the|my|our) \\w+ (?:is|are|was|were|keeps?|just)? ?(?:barking|crying|screaming|yelling|howling|ringing|beeping|buzzing)',
    '(?:the|my|our|this) (?:line|phone|reception|connection|signal) (?:is|keeps?) (?:\\w+ )?(?:bad|terrible|poor|noisy|cutting out|breaking up)',
    '(?:it|this) (?:is|has been|was) (?:just |really |been )?(?:one of those|(?:such )?an? (?:\\w+ )?\\w+) (?:days?|weeks?|mornings?|months?|years?)',
    'it (?:is|has been) (?:so |very |really |too |just )?(?:hot|cold|warm|rainy|windy|noisy|loud|busy|quiet|slow)',
    'i (?:have been|was|am) (?:\\w+ ){0,2}on (?:the |my )?phone all \\w+',
    'i am just (?:sitting|getting|walking|driving|coming|finishing|opening|closing|parking|eating)(?: \\w+)?',
    'my \\w+ (?:usually|normally|always) (?:does|do|handles?|takes care of) (?:this|that|these|those|all)',
    '(?:hang|hold) on i .*',
  ].join('|')})(?: \\w+){0,3}$`,
);
/** Anger at the agent or whom it speaks for. */
const COMPLAINT =
  /\bhad (?:it )?(?:a )?(?:it )?(?:up to here|enough) (?:with|of) (?:you|this|your)\b|\b(?:your company|you people|you guys|this call|this thing) (?:is|are) (?:\w+ ){0,2}(?:joke|useless|waste|crooks|idiots|thieves|scam)\b/;

/** Second thoughts about the call itself. */
const DOUBT =
  /^(?:i do not (?:really )?have (?:\w+ ){0,2}time|i am not (?:really )?(?:sure i (?:need|want|can)|interested)\b|(?:it|that|this) (?:sounds|seems|is) (?:\w+ )?expensive|(?:i|we) already have (?:somebody|someone|a broker|an agent))(?: \w+){0,4}$/;

/** Whether words are said to the agent and answer nothing that can be answered in free words. */
export function isBeside(tokens: readonly string[]): boolean {
  if (tokens.length === 0 || tokens.length > MOST_WORDS) return false;
  const said = plainWords(tokens).words.join(' ');
  return [QUESTION, ORDER, SMALL_TALK, COMPLAINT, DOUBT].some(pattern => pattern.test(said));
}
