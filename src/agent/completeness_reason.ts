/** Why an utterance is taken for as complete as it is. */
export type CompletenessReason =
  /** Nothing was understood yet. */
  | 'noWords'
  /** "um", "let me see". */
  | 'filler'
  /** "and", "to the", "my name is". */
  | 'midPhrase'
  /** "i would like": what is wanted comes next. */
  | 'noObject'
  /** "if it rains tomorrow": what then comes next. */
  | 'clauseOnly'
  /** "sure, it is": the number, name or date that was asked for comes next. */
  | 'leadOnly'
  | 'insideNumber'
  | 'wholeNumber'
  /** Of no known length. */
  | 'numberMayGoOn'
  | 'insideSpelling'
  | 'spellingMayGoOn'
  /** It spells the name that was said beside it. */
  | 'wholeSpelling'
  | 'insideEmail'
  | 'wholeEmail'
  | 'noStreet'
  | 'streetMayGoOn'
  | 'wholeAddress'
  | 'insideDate'
  | 'dateMayGoOn'
  | 'wholeDate'
  /** "yes", "no thanks". */
  | 'answer'
  /** "say that again", "start over", "i don't know". */
  | 'request'
  /** "please", "thank you": said last. */
  | 'courtesy'
  | 'phrase';

/** How complete an utterance is: 0 surely goes on, 1 surely is over, once its speaker pauses. */
export interface Completeness {
  readonly share: number;
  readonly reason: CompletenessReason;
}
