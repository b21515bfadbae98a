import type { CarSound, HissSound, StreetSound } from './noises.ts';
import type { BabbleSound, TelevisionSound } from './talking_noises.ts';
import type { Voice } from './voices.ts';

export type NoiseKind = 'babble' | 'car' | 'street' | 'television' | 'hiss';

export const NOISE_KINDS: readonly NoiseKind[] = ['babble', 'car', 'street', 'television', 'hiss'];

/** Who speaks, and the numbers behind the noises; two sets have no voice, seed or number in common. */
export interface NoiseSet {
  readonly name: string;
  readonly seed: number;
  readonly voices: readonly Voice[];
  readonly babble: BabbleSound;
  readonly car: CarSound;
  readonly street: StreetSound;
  readonly television: TelevisionSound;
  readonly hiss: HissSound;
}

const TUNING_BYSTANDERS: readonly Voice[] = [
  {
    by: 'espeak-ng',
    voice: 'en-us+f1',
    sentences: [
      'Did you hear that they want to close the bakery at the corner, the one with the green door?',
      'I told him twice that the train leaves at seven, and still he came too late.',
    ],
  },
  {
    by: 'espeak-ng',
    voice: 'en-gb+m1',
    sentences: [
      'The soup is better here than it was last year, but nobody comes before eight.',
      'We could ask the others whether they want to share a taxi to the station.',
    ],
  },
  {
    by: 'espeak-ng',
    voice: 'sv+m4',
    sentences: ['Det regnar nästan varje dag i november, men i går sken solen hela eftermiddagen.'],
  },
  {
    by: 'person',
    folder: 'es_MX_f_Allison',
    prompts: ['vm-instructions', 'agent-alreadyon', 'dir-instr', 'demo-thanks'],
  },
];

/** What the stages may be tuned on. */
export const TUNING_SET: NoiseSet = {
  name: 'tuning',
  seed: 71,
  voices: [
    {
      by: 'person',
      folder: 'en_US_f_Allison',
      prompts: ['vm-newuser', 'dir-usingkeypad', 'demo-thanks', 'vm-forwardoptions', 'agent-incorrect'],
    },
    {
      by: 'flite',
      voice: 'kal16',
      sentences: [
        'The birch canoe slid on the smooth planks, and nobody was there to see it.',
        'I would like to move my appointment from Tuesday to the following Friday, if that is possible.',
        'My number is four seven one, nine eight two, six six three.',
      ],
    },
    {
      by: 'flite',
      voice: 'slt',
      sentences: [
        'Please tell me whether the parcel has left the warehouse, since I have waited for two weeks.',
        'No, that was the other order, the one with the blue chairs.',
        'She had your dark suit in greasy wash water all year.',
      ],
    },
  ],
  babble: { voices: TUNING_BYSTANDERS, talkers: 8, decayMs: 500, wetness: 0.6, spreadDb: 4 },
  car: {
    muffledHz: 110,
    engineHz: 32,
    engineDb: -8,
    windDb: -16,
    swayDb: 3,
    swayHz: 0.4,
    bumpsPerSecond: 0.3,
  },
  street: {
    passingPerSecond: 0.4,
    hornsPerSecond: 0.12,
    clatterPerSecond: 0.8,
    hornHz: 420,
    passingSeconds: 3,
    passingHz: 450,
  },
  television: {
    voices: TUNING_BYSTANDERS.slice(1, 4),
    rootHz: 196,
    chordsPerMinute: 60,
    musicDb: -4,
    fromHz: 280,
    toHz: 5500,
    resonanceHz: 1100,
    drive: 2,
    decayMs: 350,
  },
  hiss: { thinBelowHz: 2500, mainsHz: 60, humDb: -14 },
};

const JUDGED_BYSTANDERS: readonly Voice[] = [
  {
    by: 'person',
    folder: 'ru_RU_f_IvrvoiceRU',
    prompts: ['demo-echotest', 'vm-instructions', 'vm-newuser', 'queue-youarenext', 'agent-user'],
  },
  {
    by: 'espeak-ng',
    voice: 'de+f2',
    sentences: [
      'Gestern haben wir den ganzen Abend auf der Terrasse gesessen und über die Reise gesprochen.',
      'Die Rechnung ist noch nicht gekommen, aber ich rufe morgen früh gleich an.',
    ],
  },
  {
    by: 'espeak-ng',
    voice: 'en-gb-x-rp+m3',
    sentences: [
      'Coming up after the news: the weather for the weekend, and why the bridge stays closed.',
      'The minister did not say when the report would be published.',
    ],
  },
  {
    by: 'espeak-ng',
    voice: 'nl+m7',
    sentences: ['Wij hebben de sleutels bij de buren achtergelaten, want zij zijn altijd thuis.'],
  },
  {
    by: 'espeak-ng',
    voice: 'pl+f4',
    sentences: ['Wczoraj wieczorem długo rozmawialiśmy o tym, dokąd pojedziemy w przyszłym roku.'],
  },
];

/** What the bench judges by. */
export const JUDGED_SET: NoiseSet = {
  name: 'judged',
  seed: 9203,
  voices: [
    {
      by: 'person',
      folder: 'fr_CA_f_June',
      prompts: ['vm-newuser', 'agent-newlocation', 'vm-forward', 'privacy-prompt', 'vm-helpexit'],
    },
    {
      by: 'person',
      folder: 'it_IT_m_Carlo',
      prompts: ['vm-rec-temp', 'agent-user', 'dir-instr', 'ss-noservice', 'vm-mailboxfull'],
    },
    {
      by: 'flite',
      voice: 'rms',
      sentences: [
        'Good evening. I am calling about the flat near the harbour, is it still to let?',
        'Yes, Thursday afternoon would suit me, at a quarter past four.',
        'Could you say the address once more, and spell the name of the street?',
      ],
    },
    {
      by: 'flite',
      voice: 'awb',
      sentences: [
        'The fourth invoice from the month of June was charged twice to my account.',
        'I have been a customer for eleven years, and this has not happened before.',
        'A rod is used to catch pink salmon, but fish jump further up the river.',
      ],
    },
  ],
  babble: { voices: JUDGED_BYSTANDERS, talkers: 11, decayMs: 800, wetness: 0.8, spreadDb: 5 },
  car: {
    muffledHz: 160,
    engineHz: 47,
    engineDb: -5,
    windDb: -13,
    swayDb: 4,
    swayHz: 0.25,
    bumpsPerSecond: 0.5,
  },
  street: {
    passingPerSecond: 0.25,
    hornsPerSecond: 0.2,
    clatterPerSecond: 0.5,
    hornHz: 370,
    passingSeconds: 4,
    passingHz: 650,
  },
  television: {
    voices: JUDGED_BYSTANDERS.slice(0, 3),
    rootHz: 147,
    chordsPerMinute: 84,
    musicDb: -7,
    fromHz: 220,
    toHz: 4600,
    resonanceHz: 800,
    drive: 3,
    decayMs: 450,
  },
  hiss: { thinBelowHz: 0, mainsHz: 50, humDb: -10 },
};
