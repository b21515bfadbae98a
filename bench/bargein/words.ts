import type { Voice } from './voices.ts';

/** Something said by somebody. */
export interface Said {
  readonly voice: Voice;
  /** Of a prompt, the name of its file. */
  readonly text: string;
}

/** One caller and what they say; hums, in angle brackets, are made and not said. */
export interface Speaker {
  readonly voice: Voice;
  readonly sentences: readonly string[];
  readonly commands: readonly string[];
  readonly backchannels: readonly string[];
}

/** What a set is made of. Nothing but the words of commands and backchannels is in both sets. */
export interface Sources {
  readonly agent: readonly Voice[];
  /** Said by the agent without an end. */
  readonly programme: readonly string[];
  readonly callers: readonly Speaker[];
  readonly television: readonly Said[];
  readonly far: readonly Said[];
}

const COMMANDS = [
  'stop',
  'wait a moment',
  "no, that's wrong",
  'hold on',
  'wait',
  'no no no',
  'excuse me',
  'go back',
  'say that again',
  'just a second',
];

const BACKCHANNELS = ['<mm-hm>', '<uh-huh>', '<mm>', 'yeah', 'right', 'okay', 'yes', 'I see', 'sure'];

/** In turn: every voice says a text, then every voice the next one. */
function each(voices: readonly Voice[], texts: readonly string[]): Said[] {
  return texts.flatMap((_, turn) =>
    voices.map((voice, at) => ({ voice, text: texts[(turn + at) % texts.length]! })),
  );
}

/** Voices that say whatever they are given. */
function speakers(voices: readonly Voice[], sentences: readonly string[]): Speaker[] {
  return voices.map(voice => ({ voice, sentences, commands: COMMANDS, backchannels: BACKCHANNELS }));
}

const JUDGED_SENTENCES = [
  'Actually I wanted to ask about something else entirely.',
  'Could you please tell me how much that would be without the packing?',
  'No, we live on the fourth floor, and there is a lift.',
  'Hang on, my husband has already paid for that last week.',
  'Sorry, but I have to leave in a minute, can we make this short?',
  'I need the appointment to be in the afternoon and not in the morning.',
  'Listen, that is not what I ordered from you at all.',
  'Do you also take away old furniture when you come?',
  'Let me give you my new address before we go on.',
  'That will not work because the street is closed on Thursday.',
];

/** The woman who recorded the prompts; "oh" is a digit. */
const RECORDED_WOMAN: Speaker = {
  voice: 'prompts',
  sentences: [
    'vm-sorry',
    'cannot-complete-as-dialed',
    'tt-somethingwrong',
    'demo-nomatch',
    'conf-invalid',
    'vm-invalidpassword',
    'dir-nomatch',
    'privacy-incorrect',
    'pbx-invalid',
    'vm-nobodyavail',
    'tt-weasels',
    'vm-repeat',
    'invalid',
    'feature-not-avail-line',
  ],
  commands: ['vm-no', 'please-try-again', 'im-sorry', 'cancelled', 'do-not-disturb', 'hello', 'vm-goodbye'],
  backchannels: ['digits/oh', '<mm-hm>', '<uh-huh>', '<mm>'],
};

export const JUDGED: Sources = {
  agent: ['flite rms', 'espeak en-us+f5'],
  programme: [
    'Thank you for calling the moving office, I have found your order and will now go through it with you.',
    'The piano is an upright of about two hundred and thirty kilograms, and it stands on the second floor without a lift.',
    'Our team arrives between eight and nine in the morning, and needs about three hours for everything.',
    'Please see to it that the hallway is clear and that a parking space of twelve metres is free in front of the house.',
    'The price for that is four hundred and twenty euros, in which insurance and packing are included.',
    'If anything changes before Thursday evening you can call us at any time under the same number as today.',
    'We will send you a message with all of these details, and a second one on the day before the move.',
    'When the work is done you only have to sign the sheet, and the bill comes by post within two weeks.',
  ],
  callers: [
    RECORDED_WOMAN,
    ...speakers(
      ['flite awb', 'espeak en-gb+m3', 'espeak en-us+f3', 'espeak en-gb-scotland+m5', 'espeak en-gb-x-rp+f2'],
      JUDGED_SENTENCES,
    ),
  ],
  television: [
    ...each(['prompts'], ['demo-instruct', 'demo-congrats', 'demo-abouttotry']),
    ...each(
      ['flite awb', 'espeak en-us+m4'],
      [
        'Good evening and welcome to the news. The government has announced new measures for the railways today, and the minister said that work would begin in spring.',
        'And here comes the corner, taken short, the goalkeeper is there, but the ball is loose and it is still not cleared away from the goal.',
        'Tomorrow there will be rain in the north and west, with temperatures around eleven degrees, and some sunshine in the south later on.',
      ],
    ),
  ],
  far: each(
    ['flite awb', 'espeak en-gb+m7', 'espeak en-029+f4'],
    [
      'Have you seen my keys anywhere, I cannot find them?',
      'Dinner is nearly ready, can somebody lay the table please.',
      'Did you remember to buy some milk on your way home?',
      'Who are you talking to, is it them again?',
      'I am going out with the dog now, I will be back in half an hour.',
    ],
  ),
};

export const TUNING: Sources = {
  agent: ['flite slt', 'espeak en-gb+m1'],
  programme: [
    'Welcome to the clinic, this is the appointment desk, and I am happy to help you find a time that suits you well.',
    'The doctor sees patients on Monday and Wednesday from half past nine until one, and on Friday afternoon as well.',
    'Before your visit please do not eat for six hours, though you may drink as much water as you like.',
    'Bring the letter of your own physician, a list of the medicines you take, and the card of your insurance.',
    'There is a garage below the building, and the entrance is on the left side next to the pharmacy.',
    'The examination itself takes about forty minutes, and afterwards you should not drive a car until the next morning.',
    'If you need an interpreter or a wheelchair then tell me now, and I will put that into your file.',
    'Your results will be ready within five working days, and you can collect them or have them sent to you.',
  ],
  callers: speakers(
    ['flite kal16', 'espeak en-us+m1', 'espeak en-us+f1', 'espeak en-gb+m6', 'espeak en-gb-x-gbclan+f4'],
    [
      'I am afraid that day is not possible for me.',
      'Can I also bring my daughter with me when I come?',
      'Well, the letter has not arrived here yet, you know.',
      'Is there anything earlier than that, perhaps next week?',
      'You have spelled my name wrong in the last message.',
      'Please tell me first whether the insurance covers it.',
      'But I already had that examination two months ago.',
      'My number has changed since then, so please write it down.',
    ],
  ),
  television: each(
    ['flite kal16', 'espeak en-us+m2'],
    [
      'The champion leads by eleven seconds as they come into the final lap, and the crowd here is on its feet and shouting his name.',
      'Stir in the flour slowly, then add two eggs and a pinch of salt, and leave the dough to rest in a warm place for an hour.',
      'Scientists have found a new kind of beetle in the mountains, which lives on nothing but the bark of a single tree.',
    ],
  ),
  far: each(
    ['flite kal16', 'espeak en-us+m8', 'espeak en-gb+f1'],
    [
      'Where did you put the newspaper this morning?',
      'The washing machine is making that strange noise again.',
      'Come and look at this, there is a fox in the garden.',
      'Shall I open the window, it is so warm in here?',
    ],
  ),
};
