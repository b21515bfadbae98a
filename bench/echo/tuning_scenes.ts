import type { Recipe } from './recipe.ts';
import { inSet, line, room, TALK_DB } from './scene_defaults.ts';
import type { Voice } from './voices.ts';

const FIRST_SEED = 101;

const AGENT: Voice = {
  engine: 'espeak',
  name: 'en-us+f3',
  sentences: [
    'Good afternoon, this is the parcel service. We have a delivery for you.',
    'Our driver will be with you between ten and twelve. Is there anybody at home by then?',
    'Please tell me the number that you find in the upper right corner of the card.',
    'The parcel weighs about four kilograms, and it has to be signed for.',
  ],
};
const MALE_AGENT: Voice = {
  engine: 'flite',
  name: 'awb',
  sentences: [
    'Welcome to the railway information desk. Which station do you want to leave from?',
    'The next train goes at seventeen minutes past six from platform four.',
    'You have to change twice, and it takes a little more than three hours.',
  ],
};
const CALLER: Voice = {
  engine: 'flite',
  name: 'kal16',
  sentences: [
    'I am not at home on Wednesday. Could you leave it with the people next door?',
    'Wait a moment, I have to find the card first. Here it is.',
    'That does not suit me at all. Is there nothing any earlier?',
  ],
};

const agent = { voice: AGENT, levelDb: TALK_DB };
const maleAgent = { voice: MALE_AGENT, levelDb: TALK_DB };
const caller = { voice: CALLER, levelDb: TALK_DB };

/** To tune the canceller on; nothing of it is judged. */
export const TUNING_SCENES: readonly Recipe[] = inSet(FIRST_SEED, agent, [
  { name: 'ERL 6', kind: 'hybrid', path: line(6, 4, 9) },
  { name: 'ERL 11', kind: 'hybrid', path: line(11, 6, 14), far: maleAgent },
  { name: 'ERL 18, A-law', kind: 'hybrid', path: line(18, 9, 10), companding: 'PCMA' },
  {
    name: 'ERL 12, street beneath',
    kind: 'hybrid',
    path: line(12, 3, 8, 22),
    noise: { colour: 'pink', levelDb: -52 },
  },
  { name: 'ERL 10, 16 kHz', kind: 'hybrid', path: line(10, 5, 9), companding: 'linear', rateHz: 16_000 },
  { name: 'RT60 120 ms', kind: 'room', path: room(7, 120) },
  { name: 'RT60 280 ms', kind: 'room', path: room(5, 280), far: maleAgent },
  { name: 'RT60 400 ms', kind: 'room', path: room(8, 400) },
  { name: 'RT60 200 ms, 16 kHz', kind: 'room', path: room(7, 200), companding: 'linear', rateHz: 16_000 },
  { name: 'RT60 160 ms, G.722', kind: 'room', path: room(8, 160), companding: 'G722', far: maleAgent },
  { name: '55.2 ms', kind: 'delay', path: line(12, 4, 8), delayMs: 55.2 },
  { name: '301 ms', kind: 'delay', path: line(11, 5, 11), delayMs: 301, far: maleAgent },
  { name: '520.6 ms in a room', kind: 'delay', path: room(7, 180), delayMs: 520.6 },
  { name: '870 ms', kind: 'delay', path: line(13, 4, 9), delayMs: 870 },
  { name: '+50 ms', kind: 'jump', path: line(12, 4, 9), delayMs: 100, jump: { atS: 6, byMs: 50 } },
  {
    name: '-75 ms',
    kind: 'jump',
    path: line(11, 4, 9),
    delayMs: 200,
    jump: { atS: 6.4, byMs: -75 },
    far: maleAgent,
  },
  { name: '+27.3 ms', kind: 'jump', path: line(13, 5, 10), delayMs: 240, jump: { atS: 5.7, byMs: 27.3 } },
  { name: '+260 ms in a room', kind: 'jump', path: room(8, 160), delayMs: 70, jump: { atS: 6, byMs: 260 } },
  { name: '+100 ppm', kind: 'drift', path: line(11, 4, 10), delayMs: 80, driftPpm: 100, seconds: 40 },
  {
    name: '-100 ppm in a room',
    kind: 'drift',
    path: room(7, 180),
    delayMs: 120,
    driftPpm: -100,
    seconds: 40,
    far: maleAgent,
  },
  { name: '2 %', kind: 'loss', path: line(11, 5, 10), lossPercent: 2, seconds: 20 },
  {
    name: '2 % in a room',
    kind: 'loss',
    path: room(8, 160),
    lossPercent: 2,
    delayMs: 110,
    seconds: 20,
    far: maleAgent,
  },
  {
    name: '2 % in a room, G.722',
    kind: 'loss',
    path: room(7, 140),
    companding: 'G722',
    lossPercent: 2,
    delayMs: 60,
    seconds: 20,
  },
  { name: 'a little', kind: 'distortion', path: room(8, 140), drive: 4.2 },
  { name: 'rough', kind: 'distortion', path: room(9, 180), drive: 7.5, far: maleAgent },
  { name: 'as loud', kind: 'doubleTalk', path: line(11, 4, 9), near: caller },
  {
    name: 'softer',
    kind: 'doubleTalk',
    path: line(12, 5, 9),
    near: { voice: CALLER, levelDb: -31 },
    far: maleAgent,
  },
  { name: 'in a room', kind: 'doubleTalk', path: room(7, 160), near: caller },
  {
    name: '205 ms late',
    kind: 'doubleTalk',
    path: line(12, 4, 9),
    delayMs: 205.3,
    near: caller,
    far: maleAgent,
  },
  {
    name: 'as loud, 16 kHz',
    kind: 'doubleTalk',
    path: line(11, 4, 9),
    near: caller,
    companding: 'linear',
    rateHz: 16_000,
  },
  {
    name: 'a man who goes on and on',
    kind: 'doubleTalk',
    path: line(11, 5, 10),
    near: { voice: MALE_AGENT, levelDb: TALK_DB },
  },
  {
    name: 'a woman, louder',
    kind: 'doubleTalk',
    path: line(9, 4, 9),
    near: { voice: AGENT, levelDb: -18 },
    far: maleAgent,
  },
  {
    name: 'a man from 5 s on, in a room',
    kind: 'doubleTalk',
    path: room(8, 180),
    near: { voice: MALE_AGENT, levelDb: TALK_DB, turns: [[5, 12]] },
  },
  {
    name: 'talks on, 120 ms late',
    kind: 'nearFirst',
    path: line(12, 4, 9),
    delayMs: 121.6,
    near: { ...caller, turns: [[0, 6]] },
    far: { ...maleAgent, turns: [[3, 12]] },
  },
  {
    name: 'a minute and a half',
    kind: 'long',
    path: room(8, 220),
    delayMs: 160.3,
    seconds: 90,
    far: { ...agent, turns: turnsFrom(0.5, 5.5) },
    near: { ...caller, turns: turnsFrom(5.5, 4) },
    noise: { colour: 'pink', levelDb: -58 },
  },
]);

function turnsFrom(firstS: number, lengthS: number): [number, number][] {
  return Array.from({ length: 9 }, (_, turn) => [firstS + 10 * turn, firstS + 10 * turn + lengthS]);
}
