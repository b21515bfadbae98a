import { SeededRandom } from '../caller/random.ts';
import { type BargeInEvent, type CallPlan, EVENT_CLASSES, type EventClass, isInEcho } from './event.ts';
import { inRoom, music, throughLoudspeaker } from './far_away.ts';
import { HUMS, NOISES, type NoiseName } from './noises.ts';
import { asPlans, drawAfterMs, type Layout, layOut } from './plan_calls.ts';
import { addAt, atLevel, type Sound, samplesIn, shaped, silence, toPcm, trimmed } from './shaping.ts';
import type { Voices } from './voices.ts';
import type { Said, Sources, Speaker } from './words.ts';

/** Active level of a caller, in dB of full scale; callers lie evenly between. */
const CALLER_DB = { least: -30, most: -16 } as const;
/** What is heard against the caller's usual level, in dB. Noises come near the telephone whoever speaks there. */
const AGAINST_CALLER_DB = {
  sentence: [-2, 2],
  sentenceInEcho: [-2, 2],
  command: [-2, 3],
  backchannel: [-7, 0],
  television: [-24, -12],
  secondVoice: [-25, -15],
} as const;
const NOISE_DB = [-36, -16] as const;
/** What is weaker disturbs nobody. */
const LEAST_DB = -50;
const TELEVISION_MS = 6000;
const BACKGROUND_MS = 20_000;
const ECHO_MS = 4000;
const FADE_MS = 300;

/** What is made, sounds included, and from which seed. */
export interface SetOptions {
  readonly sources: Sources;
  readonly voices: Voices;
  readonly eventsOfAClass: number;
  readonly eventsOfACall: number;
  readonly seed: number;
}

/** An event before its sound is made: the so-manieth of its class. */
interface Slot {
  readonly kind: EventClass;
  readonly index: number;
}

/**
 * All calls of a set. A call has one caller, with a voice and a level: television and others in the room are far from
 * that. It begins with the caller's own words, or with echo alone. Voices, levels and codecs are gone through evenly.
 */
export function makeSet(options: SetOptions): CallPlan[] {
  const { eventsOfAClass, eventsOfACall, seed, sources } = options;
  const slotsOf = (kind: EventClass): Slot[] =>
    Array.from({ length: eventsOfAClass }, (_, index) => ({ kind, index }));
  const dry = EVENT_CLASSES.filter(kind => !isInEcho(kind)).flatMap(slotsOf);
  const stock = {
    dry: dry.filter(slot => !isBesideTelevision(slot)),
    television: dry.filter(isBesideTelevision),
    echoOnly: slotsOf('echoOnly'),
    inEcho: slotsOf('sentenceInEcho'),
  };
  const layouts = layOut(stock, eventsOfACall, seed, ({ kind }) => kind === 'sentence' || kind === 'command');
  const said = new Map<string, number>();
  let televisions = 0;
  const calls = layouts.map((layout, index) => {
    const speaker = at(sources.callers, index);
    // Coprime with the number of voices and codecs, so that every voice has every level.
    const levelDb = evenly(CALLER_DB.least, CALLER_DB.most, index * 7, layouts.length);
    const events = eventsOf(layout, { speaker, levelDb, said }, options);
    if (layout.setting !== 'television') return { layout, events, background: undefined };
    televisions += 1;
    return { layout, events, background: televisionBeneath(televisions, levelDb, options) };
  });
  return asPlans(calls, seed);
}

/** Half of the television's events have it on all the time; some of the caller's sentences are said beside it, too. */
function isBesideTelevision({ kind, index }: Slot): boolean {
  return (kind === 'television' && index % 4 < 2) || (kind === 'sentence' && index % 8 < 2);
}

/** On all the time, as far beneath the caller as one that is switched on. */
function televisionBeneath(
  index: number,
  callerDb: number,
  { sources, voices, seed }: SetOptions,
): Int16Array {
  const random = new SeededRandom(seed, `television ${index} on all the time`);
  const { sound } = makeTelevision(at(sources.television, index), BACKGROUND_MS, voices, random);
  const [least, most] = AGAINST_CALLER_DB.television;
  const levelDb = Math.max(LEAST_DB, callerDb + least + (most - least) * random.next());
  return toPcm(atLevel(sound, levelDb));
}

interface Caller {
  readonly speaker: Speaker;
  readonly levelDb: number;
  /** How often each speaker has said something of a class. */
  readonly said: Map<string, number>;
}

function eventsOf({ events }: Layout<Slot>, caller: Caller, options: SetOptions): BargeInEvent[] {
  return events.map(({ kind, index }) => {
    const random = new SeededRandom(options.seed, `${kind} ${index}`);
    const { source, text, sound } = makeSound(kind, index, caller, options, random);
    const levelDb = levelOf(kind, index, caller.levelDb, options.eventsOfAClass);
    if (levelDb !== undefined) atLevel(sound, levelDb);
    return { kind, source, text, pcm: toPcm(sound), afterMs: drawAfterMs(random) };
  });
}

/** Undefined: the event has no sound of its own. */
function levelOf(kind: EventClass, index: number, callerDb: number, count: number): number | undefined {
  if (kind === 'echoOnly') return undefined;
  const [least, most] = kind === 'noise' ? NOISE_DB : AGAINST_CALLER_DB[kind];
  const levelDb = evenly(least, most, index * 7 + 3, count);
  return Math.max(LEAST_DB, kind === 'noise' ? levelDb : callerDb + levelDb);
}

interface Made {
  readonly source: string;
  readonly text: string;
  readonly sound: Sound;
}

function makeSound(
  kind: EventClass,
  index: number,
  caller: Caller,
  { sources, voices }: SetOptions,
  random: SeededRandom,
): Made {
  switch (kind) {
    case 'sentence':
    case 'sentenceInEcho':
      return sayNext('sentences', caller, voices, random);
    case 'command':
      return sayNext('commands', caller, voices, random);
    case 'backchannel':
      return sayNext('backchannels', caller, voices, random);
    case 'noise': {
      const name = at(Object.keys(NOISES) as NoiseName[], index);
      return { source: name, text: '', sound: NOISES[name](random) };
    }
    case 'television':
      return isBesideTelevision({ kind, index })
        ? { source: 'on all the time', text: '', sound: silence(TELEVISION_MS) }
        : makeTelevision(at(sources.television, index), TELEVISION_MS, voices, random);
    case 'secondVoice': {
      const { voice, text } = at(sources.far, index);
      const room = { decayMs: 350 + 400 * random.next(), directDb: -6 + 6 * random.next() };
      return { source: voice, text, sound: trimmed(inRoom(voices.say(voice, text), room, random)) };
    }
    case 'echoOnly':
      return { source: 'agent', text: '', sound: silence(ECHO_MS) };
  }
}

/** What this caller has not said yet, as long as there is something. */
function sayNext(
  kind: 'sentences' | 'commands' | 'backchannels',
  { speaker, said }: Caller,
  voices: Voices,
  random: SeededRandom,
): Made {
  const { voice } = speaker;
  const key = `${kind} ${voice}`;
  const times = said.get(key) ?? 0;
  said.set(key, times + 1);
  // Voices begin at different places of the same list.
  const text = at(speaker[kind], times + voice.length);
  const hum = HUMS[text as keyof typeof HUMS];
  if (hum !== undefined) return { source: 'hum', text, sound: hum(random) };
  return { source: voice, text, sound: voices.say(voice, text, paceOf(voice, random)) };
}

/** Somewhere in a programme, with music beneath it now and then, from the other end of a living room. */
function makeTelevision({ voice, text }: Said, lengthMs: number, voices: Voices, random: SeededRandom): Made {
  const said = voices.say(voice, text);
  const length = samplesIn(lengthMs);
  const from = Math.floor(random.next() * Math.max(1, said.length - length));
  const shown = silence(lengthMs);
  for (let i = 0; i < length; i += 1) shown[i] = said[(from + i) % said.length]!;
  atLevel(shown, -20);
  if (random.chance(0.4)) addAt(shown, atLevel(music(lengthMs, random), -30), 0);
  const heard = inRoom(throughLoudspeaker(shown), { decayMs: 400, directDb: -3 }, random).subarray(0, length);
  const faded = shaped(heard, ms => Math.min(1, ms / FADE_MS, (lengthMs - ms) / FADE_MS));
  return { source: voice, text, sound: trimmed(faded) };
}

function paceOf(voice: string, random: SeededRandom): number {
  return voice === 'prompts' ? 1 : random.pick([0.9, 1, 1.15]);
}

/** Nothing but the agent's echo, for as long. */
export function echoOnlyPcm(): Int16Array {
  return toPcm(silence(ECHO_MS));
}

/** The so-manieth of evenly spread values, which come round. */
function evenly(least: number, most: number, index: number, count: number): number {
  return least + ((most - least) * (index % count)) / Math.max(1, count - 1);
}

function at<T>(list: readonly T[], index: number): T {
  return list[index % list.length]!;
}
