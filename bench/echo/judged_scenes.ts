import type { Recipe } from './recipe.ts';
import { inSet, line, room, TALK_DB } from './scene_defaults.ts';
import type { Voice } from './voices.ts';

/** None of these voices, paths and seeds is in the set to tune on. */
const FIRST_SEED = 9_001;

const AGENT: Voice = {
  engine: 'flite',
  name: 'slt',
  sentences: [
    'Thank you for calling the dental practice on Harbour Street. How may I help you today?',
    'I have an appointment free on Tuesday the fourteenth at half past nine, or on Friday at eleven.',
    'Could you spell your family name for me, please, and tell me the year you were born?',
    'Please hold the line for a moment while I look that up in the calendar.',
    'Your booking number is seven, four, nine, two, zero, six. Would you like me to repeat it?',
    'We are open from eight in the morning until six in the evening, and on Saturdays until noon.',
  ],
};
const RECORDED_AGENT: Voice = {
  engine: 'prompts',
  names: ['demo-congrats', 'conf-adminmenu', 'vm-options', 'dir-intro', 'tt-allbusy', 'demo-moreinfo'],
};
const RECORDED_CALLER: Voice = {
  engine: 'prompts',
  names: ['demo-abouttotry', 'vm-msginstruct', 'demo-nogo', 'queue-periodic-announce', 'vm-review'],
};
const CALLER: Voice = {
  engine: 'flite',
  name: 'rms',
  sentences: [
    'Well, I would rather come in the afternoon, because I work until two most days.',
    'No, that is not what I meant. My father is the patient, and he can not walk very far.',
    'It began about a week ago, and since then it has been getting worse every night.',
    'My name is Edward Thornbury, that is T H O R N B U R Y.',
  ],
};

const agent = { voice: AGENT, levelDb: TALK_DB };
const recordedAgent = { voice: RECORDED_AGENT, levelDb: TALK_DB };
const caller = { voice: CALLER, levelDb: TALK_DB };
const recordedCaller = { voice: RECORDED_CALLER, levelDb: TALK_DB };
/** Turns of a long call: both ends, with some of each at once. */
const AGENT_TURNS = turnsFrom(0.5, 5.5);
const CALLER_TURNS = turnsFrom(5.5, 4);

function turnsFrom(firstS: number, lengthS: number): [number, number][] {
  return Array.from({ length: 18 }, (_, turn) => [firstS + 10 * turn, firstS + 10 * turn + lengthS]);
}

/** Whatever is judged when no other set is named. */
export const JUDGED_SCENES: readonly Recipe[] = inSet(FIRST_SEED, agent, [
  { name: 'ERL 6', kind: 'hybrid', path: line(6, 3, 8) },
  { name: 'ERL 10, A-law', kind: 'hybrid', path: line(10, 7, 12), companding: 'PCMA', far: recordedAgent },
  { name: 'ERL 14, two hybrids', kind: 'hybrid', path: line(14, 2, 8, 28) },
  {
    name: 'ERL 20, street beneath',
    kind: 'hybrid',
    path: line(20, 12, 16),
    noise: { colour: 'pink', levelDb: -55 },
    far: recordedAgent,
  },
  { name: 'ERL 8, loud', kind: 'hybrid', path: line(8, 5, 10), far: { voice: AGENT, levelDb: -18 } },
  { name: 'ERL 12, 16 kHz', kind: 'hybrid', path: line(12, 4, 10), companding: 'linear', rateHz: 16_000 },
  { name: 'RT60 100 ms, ERL 6', kind: 'room', path: room(6, 100) },
  { name: 'RT60 200 ms, ERL 4', kind: 'room', path: room(4, 200), far: recordedAgent },
  {
    name: 'RT60 300 ms, ERL 8, car beneath',
    kind: 'room',
    path: room(8, 300),
    noise: { colour: 'brown', levelDb: -50 },
  },
  { name: 'RT60 400 ms, ERL 6', kind: 'room', path: room(6, 400) },
  {
    name: 'RT60 250 ms, ERL 6, 16 kHz',
    kind: 'room',
    path: room(6, 250),
    companding: 'linear',
    rateHz: 16_000,
  },
  { name: 'RT60 150 ms, ERL 8, G.722', kind: 'room', path: room(8, 150), companding: 'G722' },
  { name: '37.3 ms', kind: 'delay', path: line(12, 3, 8), delayMs: 37.3 },
  { name: '123.4 ms', kind: 'delay', path: line(10, 5, 10), delayMs: 123.4, far: recordedAgent },
  { name: '250 ms, A-law', kind: 'delay', path: line(14, 4, 12), delayMs: 250, companding: 'PCMA' },
  { name: '411.7 ms in a room', kind: 'delay', path: room(8, 200), delayMs: 411.7 },
  { name: '640 ms', kind: 'delay', path: line(12, 6, 10), delayMs: 640, far: recordedAgent },
  { name: '900 ms', kind: 'delay', path: line(10, 4, 10), delayMs: 900 },
  {
    name: '333.3 ms in a room, 16 kHz',
    kind: 'delay',
    path: room(8, 180),
    delayMs: 333.3,
    companding: 'linear',
    rateHz: 16_000,
  },
  { name: '+40 ms', kind: 'jump', path: line(12, 4, 10), delayMs: 120, jump: { atS: 6.3, byMs: 40 } },
  { name: '-60 ms', kind: 'jump', path: line(12, 3, 8), delayMs: 180, jump: { atS: 5.8, byMs: -60 } },
  {
    name: '+300 ms',
    kind: 'jump',
    path: line(10, 5, 10),
    delayMs: 90,
    jump: { atS: 6.1, byMs: 300 },
    far: recordedAgent,
  },
  { name: '-33.4 ms', kind: 'jump', path: line(14, 4, 8), delayMs: 260.6, jump: { atS: 6.6, byMs: -33.4 } },
  {
    name: '+17.7 ms in a room',
    kind: 'jump',
    path: room(8, 150),
    delayMs: 75,
    jump: { atS: 5.9, byMs: 17.7 },
  },
  {
    name: '-250 ms, 16 kHz',
    kind: 'jump',
    path: line(12, 4, 10),
    delayMs: 410,
    jump: { atS: 6.2, byMs: -250 },
    companding: 'linear',
    rateHz: 16_000,
  },
  { name: '+100 ppm', kind: 'drift', path: line(12, 4, 10), delayMs: 60, driftPpm: 100, seconds: 40 },
  {
    name: '-100 ppm',
    kind: 'drift',
    path: line(10, 6, 12),
    delayMs: 140,
    driftPpm: -100,
    seconds: 40,
    far: recordedAgent,
  },
  { name: '+100 ppm in a room', kind: 'drift', path: room(8, 200), delayMs: 90, driftPpm: 100, seconds: 40 },
  {
    name: '-100 ppm in a room, 16 kHz',
    kind: 'drift',
    path: room(8, 180),
    delayMs: 50,
    driftPpm: -100,
    seconds: 30,
    companding: 'linear',
    rateHz: 16_000,
  },
  { name: '2 %', kind: 'loss', path: line(12, 4, 10), lossPercent: 2, seconds: 20 },
  {
    name: '2 %, A-law',
    kind: 'loss',
    path: line(10, 6, 12),
    lossPercent: 2,
    seconds: 20,
    companding: 'PCMA',
    far: recordedAgent,
  },
  { name: '2 % in a room', kind: 'loss', path: room(8, 200), lossPercent: 2, delayMs: 150, seconds: 20 },
  {
    name: '2 % in a room, G.722',
    kind: 'loss',
    path: room(8, 180),
    lossPercent: 2,
    companding: 'G722',
    seconds: 20,
  },
  { name: 'a little', kind: 'distortion', path: room(8, 150), drive: 4 },
  { name: 'rough', kind: 'distortion', path: room(8, 200), drive: 6.5, far: recordedAgent },
  { name: 'rough, 160 ms late', kind: 'distortion', path: room(10, 120), drive: 7, delayMs: 160 },
  {
    name: 'a little, 16 kHz',
    kind: 'distortion',
    path: room(8, 150),
    drive: 4.5,
    companding: 'linear',
    rateHz: 16_000,
  },
  { name: 'as loud', kind: 'doubleTalk', path: line(12, 4, 10), near: recordedCaller },
  {
    name: 'louder',
    kind: 'doubleTalk',
    path: line(8, 3, 8),
    near: { voice: CALLER, levelDb: -18 },
    far: recordedAgent,
  },
  {
    name: 'softer',
    kind: 'doubleTalk',
    path: line(12, 6, 10),
    near: { voice: RECORDED_CALLER, levelDb: -32 },
  },
  { name: 'in a room', kind: 'doubleTalk', path: room(8, 150), near: recordedCaller },
  {
    name: '250 ms late',
    kind: 'doubleTalk',
    path: line(12, 4, 10),
    delayMs: 253.1,
    near: caller,
    far: recordedAgent,
  },
  {
    name: 'from 5 s on',
    kind: 'doubleTalk',
    path: line(10, 5, 10),
    near: { ...recordedCaller, turns: [[5, 12]] },
  },
  {
    name: 'in a room, from 4 to 9 s',
    kind: 'doubleTalk',
    path: room(6, 250),
    near: { ...caller, turns: [[4, 9]] },
    far: recordedAgent,
  },
  {
    name: 'as loud, 16 kHz',
    kind: 'doubleTalk',
    path: line(12, 4, 10),
    near: caller,
    companding: 'linear',
    rateHz: 16_000,
  },
  {
    name: 'talks on',
    kind: 'nearFirst',
    path: line(12, 4, 10),
    near: { ...recordedCaller, turns: [[0, 6]] },
    far: { ...agent, turns: [[3, 12]] },
  },
  {
    name: 'stops, 300 ms late',
    kind: 'nearFirst',
    path: line(10, 5, 10),
    delayMs: 304.4,
    near: { ...caller, turns: [[0, 3.5]] },
    far: { ...recordedAgent, turns: [[3, 12]] },
  },
  {
    name: 'talks on, in a room',
    kind: 'nearFirst',
    path: room(8, 200),
    delayMs: 80,
    near: { ...caller, turns: [[0, 5]] },
    far: { ...agent, turns: [[2.5, 12]] },
  },
  {
    name: 'three minutes',
    kind: 'long',
    path: line(10, 5, 10),
    delayMs: 147.5,
    seconds: 180,
    far: { ...agent, turns: AGENT_TURNS },
    near: { ...recordedCaller, turns: CALLER_TURNS },
    noise: { colour: 'pink', levelDb: -60 },
  },
  {
    name: 'three minutes in a room',
    kind: 'long',
    path: room(8, 250),
    delayMs: 95,
    seconds: 180,
    far: { ...recordedAgent, turns: AGENT_TURNS },
    near: { ...caller, turns: CALLER_TURNS },
    noise: { colour: 'pink', levelDb: -58 },
  },
]);
