import { PhraseTable } from './phrases.ts';

export type Command = 'repeat' | 'unknown' | 'restart' | 'goodbye' | 'person' | 'back' | 'identity';

/** What callers say to a yes-or-no question, whatever it is about. */
export const YES = [
  'yes',
  'there is',
  'there are',
  'it is',
  'it does',
  'we do',
  'yeah',
  'yep',
  'yup',
  'sure',
  'correct',
  'right',
  'okay',
  'yes it is',
  'yes there is',
  'yes there are',
  'yes i do',
  'yes please',
  'yes you may',
  "that's right",
  'that is right',
  "that's correct",
  'that is correct',
  'of course',
  'exactly',
  'absolutely',
  'definitely',
  'you got it',
  'i consent',
  'go ahead',
  'go right ahead',
  'sounds good',
  'sounds right',
  'works for me',
  'that works',
  'fine',
  "that's fine",
  "that's okay",
  "that's alright",
  'fine with me',
  'fine by me',
  'perfect',
  'no problem',
  'why not',
  'i guess so',
  'i think so',
  'i believe so',
  'i do',
] as const;

export const NO = [
  'no',
  'there is not',
  "there isn't",
  'there are not',
  "there aren't",
  'there is none',
  'there are none',
  'it is not',
  "it isn't",
  'it does not',
  "it doesn't",
  'we do not',
  "we don't",
  'neither',
  'none of them',
  "no it isn't",
  "no there isn't",
  'nope',
  'nah',
  'wrong',
  'incorrect',
  'no it is not',
  'no there is not',
  "no there aren't",
  'no i do not',
  "no i don't",
  'no thanks',
  'no thank you',
  'not right',
  'not correct',
  'not really',
  "that's wrong",
  'that is wrong',
  "that's not right",
  'that is not right',
  "that isn't right",
  "that's not correct",
  'that is not correct',
  "that isn't correct",
  "i don't consent",
  'i do not consent',
  "i don't think so",
  'i do not think so',
  'i guess not',
  'not that i know of',
  'absolutely not',
  'certainly not',
  'definitely not',
  'of course not',
  "i'd rather not",
  'i would rather not',
] as const;

/** The answers that a grammar offers: few and unlike each other, since a recogniser confuses short ones. */
export const SPOKEN_YES = [
  'yes',
  'yeah',
  'yep',
  'yup',
  'sure',
  'correct',
  "that's right",
  'that is right',
  'that is correct',
  "yes that's right",
  'exactly',
  'yes please',
  'yes it is',
  'yes there is',
  'yes you may',
  'i consent',
] as const;
export const SPOKEN_NO = [
  'no',
  'no thanks',
  'no thank you',
  'no it is not',
  'no there is not',
  "that's wrong",
  'that is wrong',
  "that's not right",
  'that is not correct',
  "no that's wrong",
  "no that's not right",
] as const;

/** The repeat requests that a grammar offers, also from callers who cut in; the understanding takes others as well. */
export const SPOKEN_REPEATS = ['repeat that', 'say that again', 'what did you say'].flatMap(request =>
  ['', 'sorry ', 'wait ', 'excuse me '].map(lead => `${lead}${request}`),
);

const COMMANDS: Readonly<Record<Command, readonly string[]>> = {
  repeat: [
    ...SPOKEN_REPEATS,
    'repeat',
    'can you repeat that',
    'could you repeat that',
    'can you say that again',
    'pardon',
    'pardon me',
    'excuse me',
    'come again',
    'what was that',
    'one more time',
    'what',
    'sorry what',
  ],
  unknown: [
    "i don't know",
    'i do not know',
    "don't know",
    'i have no idea',
    'no idea',
    "i'm not sure",
    'i am not sure',
    'not sure',
    'no clue',
  ],
  restart: ['start over', 'start again', 'start from the beginning', 'begin again'],
  goodbye: ['goodbye', 'good bye', 'bye', 'bye bye', 'hang up', 'end the call', 'never mind', 'forget it'],
  person: [
    'speak to a person',
    'talk to a person',
    'speak to a human',
    'talk to a human',
    'speak to someone',
    'talk to someone',
    'a real person',
    'real person',
    'operator',
    'representative',
    'human being',
  ],
  back: ['go back', 'previous question'],
  identity: identityQuestions(),
};

/** Whether it is a person that speaks, which is no wish for one. */
function identityQuestions(): readonly string[] {
  const beings = 'person,human,human being,robot,machine,computer,bot,recording,real person'.split(',');
  const openings = ['are you a', 'are you an actual', 'is this a', 'am i talking to a', 'am i speaking to a'];
  const asked = [...openings, 'am i speaking with a', 'am i talking with a', 'is it a', "you're a"].flatMap(
    opening => beings.map(being => `${opening} ${being}`),
  );
  return [...asked, 'are you real', 'are you human', 'are you an ai', 'is this an ai', 'is this ai'];
}

/** The other command phrases that a grammar offers. */
export const SPOKEN_COMMANDS = [
  "i don't know",
  "i'm not sure",
  'start over',
  'go back',
  'goodbye',
  'talk to a person',
] as const;

/** Words by which a caller takes back what was said before them. */
export const CORRECTIONS = [
  'no',
  'sorry',
  'actually',
  'i mean',
  'i meant',
  'rather',
  'wait',
  'correction',
] as const;
export const NEGATIONS = ['not', "isn't", "it's not", 'is not', "aren't", 'not the', 'never'] as const;

/** Everything that is said as a command. */
export const COMMANDS_SAID: readonly string[] = Object.values(COMMANDS).flat();

export const commandTable = new PhraseTable<Command>(
  Object.entries(COMMANDS).flatMap(([command, phrases]) =>
    phrases.map(phrase => [phrase, command as Command] as const),
  ),
);

/** A table of yes and no with a question's own phrases. */
export function yesNoTable(yes: readonly string[], no: readonly string[]): PhraseTable<boolean> {
  return new PhraseTable<boolean>([
    ...yes.map(phrase => [phrase, true] as const),
    ...no.map(phrase => [phrase, false] as const),
  ]);
}
