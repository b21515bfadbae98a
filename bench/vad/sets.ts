import { JUDGED_SET, type NoiseSet, TUNING_SET } from '../noise/sets.ts';
import type { Voice } from '../noise/voices.ts';

/** Who speaks, in which noises, and the number behind everything that is drawn. */
export interface VadSet {
  readonly name: string;
  readonly seed: number;
  readonly voices: readonly Voice[];
  readonly noises: NoiseSet;
}

/** What detectors may be tuned on. */
export const TUNED_ON: VadSet = {
  name: 'tuning',
  seed: 314,
  noises: TUNING_SET,
  voices: [
    {
      by: 'flite',
      voice: 'kal16',
      sentences: [
        'Correct.',
        'I would like to move my appointment.',
        'Two.',
        'Nope.',
        'Stop!',
        'Sure, why not.',
        'No.',
      ],
    },
    {
      by: 'flite',
      voice: 'slt',
      sentences: [
        'Yes.',
        'My number is four seven one.',
        'Correct.',
        'Six.',
        'Help!',
        'That was the other order.',
        'No.',
      ],
    },
    {
      by: 'espeak-ng',
      voice: 'en-us+m3',
      sentences: ['No.', 'It is the third door on the left.', 'Right.', 'Eight.', 'Please wait.', 'Okay.'],
    },
    {
      by: 'person',
      folder: 'fr_CA_f_June',
      prompts: ['digits/2', 'vm-instructions', 'digits/8', 'agent-pass', 'digits/5', 'vm-goodbye'],
    },
  ],
};

/** What the bench judges by: no voice, prompt or number of the other. */
export const JUDGED_BY: VadSet = {
  name: 'judged',
  seed: 2718,
  noises: JUDGED_SET,
  voices: [
    {
      by: 'person',
      folder: 'en_US_f_Allison',
      prompts: [
        'hello',
        'privacy-incorrect',
        'digits/2',
        'vm-goodbye',
        'tt-weasels',
        'digits/8',
        'vm-no',
        'im-sorry',
      ],
    },
    {
      by: 'person',
      folder: 'it_IT_m_Carlo',
      prompts: [
        'digits/1',
        'auth-thankyou',
        'digits/3',
        'conf-invalid',
        'digits/8',
        'vm-goodbye',
        'call-waiting',
      ],
    },
    {
      by: 'flite',
      voice: 'rms',
      sentences: [
        'Yes.',
        'Is the flat near the harbour still to let?',
        'Correct.',
        'Three.',
        'A quarter past four.',
        'Yeah.',
        'No.',
      ],
    },
    {
      by: 'espeak-ng',
      voice: 'en-gb-scotland+f3',
      sentences: [
        'Nope.',
        'Could you say the address once more?',
        'Correct.',
        'Five.',
        'Go on.',
        'Two.',
        'Yes, please.',
      ],
    },
  ],
};
