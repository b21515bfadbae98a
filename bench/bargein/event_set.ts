import { SeededRandom } from '../caller/random.ts';
import type { CodecName } from '../wire/codec.ts';
import type { EchoPath } from './echo_path.ts';
import { type BargeInEvent, type CallPlan, EVENT_CLASSES, type EventClass, isInEcho } from './event.ts';
import { inRoom, music, throughLoudspeaker } from './far_away.ts';
import { HUMS, NOISES, type NoiseName } from './noises.ts';
import { addAt, atLevel, type Sound, samplesIn, shaped, silence, toPcm, trimmed } from './shaping.ts';
import type { Voices } from './voices.ts';
import { BACKCHANNELS, COMMANDS, type Said, type Sources } from './words.ts';

/** Active levels in dB of full scale, least and most: what lies between is gone through evenly. */
const LEVELS_DB: Readonly<Record<Exclude<EventClass, 'echoOnly'>, readonly [number, number]>> = {
  sentence: [-32, -16],
  command: [-30, -16],
  sentenceInEcho: [-28, -16],
  backchannel: [-34, -18],
  noise: [-36, -16],
  // A near voice at −22 dB less 12 to 24, and less 15 to 25.
  television: [-46, -34],
  secondVoice: [-47, -37],
};
const CODECS_IN_TURN: readonly CodecName[] = ['PCMU', 'G722'];
/** The agent has been heard for so long when something begins. */
const AFTER_MS = { least: 1000, most: 3000 } as const;
/** Echo begins with the agent's first word: that is when a canceller knows nothing. */
const FIRST_ECHO_AFTER_MS = { least: 0, most: 400 } as const;
const TELEVISION_MS = 6000;
const ECHO_MS = 4000;
const FADE_MS = 300;
const EVENTS_OF_A_CALL_IN_ECHO = 4;
const ECHO_DELAY_MS = { least: 50, most: 400 } as const;
const ERL_DB = { least: 6, most: 20 } as const;
const LINE_NOISE_DBFS = { least: -68, most: -56 } as const;

/** What is made, sounds included, and from which seed. */
export interface SetOptions {
  readonly sources: Sources;
  readonly voices: Voices;
  readonly eventsOfAClass: number;
  readonly eventsOfACall: number;
  readonly seed: number;
}

/** All calls of a set: classes mixed within a call, voices, levels and codecs gone through evenly within a class. */
export function makeSet(options: SetOptions): CallPlan[] {
  const { eventsOfAClass, eventsOfACall, seed } = options;
  const made = new Map(
    EVENT_CLASSES.map(kind => [
      kind,
      Array.from({ length: eventsOfAClass }, (_, index) => makeEvent(kind, index, options)),
    ]),
  );
  return planCalls(made, { eventsOfACall, seed });
}

/** Spreads events, by class, over calls with one codec and one echo path each. */
export function planCalls(
  events: ReadonlyMap<EventClass, readonly BargeInEvent[]>,
  { eventsOfACall, seed }: Pick<SetOptions, 'eventsOfACall' | 'seed'>,
): CallPlan[] {
  const calls = CODECS_IN_TURN.flatMap((codec, half) =>
    callsOf(
      codec,
      eventsOfACall,
      kind => (events.get(kind) ?? []).filter((_, index) => index % CODECS_IN_TURN.length === half),
      new SeededRandom(seed, `calls ${codec}`),
    ),
  );
  return shuffled(calls, new SeededRandom(seed, 'order')).map(({ codec, echo, events: ofCall }, index) => {
    const random = new SeededRandom(seed, `line ${index}`);
    const noiseDbfs = between(LINE_NOISE_DBFS, random);
    return { codec, echo, noiseDbfs, seed: random.integer(1, 2 ** 30), events: ofCall };
  });
}

type EventsOnALine = Pick<CallPlan, 'codec' | 'echo' | 'events'>;

/** Calls without an echo, in which classes are mixed, and calls with one, in which it is alone and not in turn. */
function callsOf(
  codec: CodecName,
  eventsOfACall: number,
  eventsOf: (kind: EventClass) => BargeInEvent[],
  random: SeededRandom,
): EventsOnALine[] {
  const dry = shuffled(EVENT_CLASSES.filter(kind => !isInEcho(kind)).flatMap(eventsOf), random);
  const dryCalls = chunks(dry, eventsOfACall).map(events => ({ codec, echo: undefined, events }));
  const inEcho = chunks(inTurn(eventsOf('echoOnly'), eventsOf('sentenceInEcho')), EVENTS_OF_A_CALL_IN_ECHO);
  const echoCalls = inEcho.map((events, index) => ({
    codec,
    echo: drawEcho(index, random),
    events: beginningAtOnce(events, random),
  }));
  return [...dryCalls, ...echoCalls];
}

/** Hybrids and rooms in turn, return losses and delays by chance. */
function drawEcho(index: number, random: SeededRandom): EchoPath {
  return {
    kind: index % 2 === 0 ? 'hybrid' : 'room',
    delayMs: Math.round(between(ECHO_DELAY_MS, random)),
    erlDb: between(ERL_DB, random),
    seed: random.integer(1, 2 ** 30),
  };
}

function beginningAtOnce([first, ...others]: readonly BargeInEvent[], random: SeededRandom): BargeInEvent[] {
  if (first === undefined) return [];
  return [{ ...first, afterMs: Math.round(between(FIRST_ECHO_AFTER_MS, random)) }, ...others];
}

function makeEvent(kind: EventClass, index: number, options: SetOptions): BargeInEvent {
  const random = new SeededRandom(options.seed, `${kind} ${index}`);
  const { source, text, sound } = makeSound(kind, index, options, random);
  if (kind !== 'echoOnly') {
    const [least, most] = LEVELS_DB[kind];
    // Coprime with what is gone through beside it, so that every voice has every level.
    const place = ((index * 7 + 3) % options.eventsOfAClass) / Math.max(1, options.eventsOfAClass - 1);
    atLevel(sound, least + (most - least) * place);
  }
  return { kind, source, text, pcm: toPcm(sound), afterMs: drawAfterMs(random) };
}

/** For how long the agent is heard before an event. */
export function drawAfterMs(random: SeededRandom): number {
  return Math.round(between(AFTER_MS, random));
}

/** Nothing but the agent's echo, for as long. */
export function echoOnlyPcm(): Int16Array {
  return toPcm(silence(ECHO_MS));
}

interface Made {
  readonly source: string;
  readonly text: string;
  readonly sound: Sound;
}

function makeSound(
  kind: EventClass,
  index: number,
  { sources, voices }: SetOptions,
  random: SeededRandom,
): Made {
  switch (kind) {
    case 'sentence':
    case 'sentenceInEcho': {
      const { voice, text } = at(sources.sentences, kind === 'sentence' ? index : index + 3);
      return { source: voice, text, sound: voices.say(voice, text, paceOf(voice, random)) };
    }
    case 'command':
      return sayOne(COMMANDS, index, sources, voices, random);
    case 'backchannel':
      return sayOne(BACKCHANNELS, index, sources, voices, random);
    case 'noise': {
      const name = at(Object.keys(NOISES) as NoiseName[], index);
      return { source: name, text: '', sound: NOISES[name](random) };
    }
    case 'television':
      return { ...makeTelevision(at(sources.television, index), voices, random) };
    case 'secondVoice': {
      const { voice, text } = at(sources.far, index);
      const room = { decayMs: 350 + 400 * random.next(), directDb: -6 + 6 * random.next() };
      return { source: voice, text, sound: trimmed(inRoom(voices.say(voice, text), room, random)) };
    }
    case 'echoOnly':
      return { source: 'agent', text: '', sound: silence(ECHO_MS) };
  }
}

/** Words in voices, so that every voice comes to every word. */
function sayOne(
  words: readonly string[],
  index: number,
  { callers }: Sources,
  voices: Voices,
  random: SeededRandom,
): Made {
  const text = at(words, index);
  const hummed = HUMS[text as keyof typeof HUMS];
  if (hummed !== undefined) return { source: 'hum', text, sound: hummed(random) };
  const voice = at(callers, index + Math.floor(index / words.length));
  return { source: voice, text, sound: voices.say(voice, text, paceOf(voice, random)) };
}

/** Somewhere in a programme, with music beneath it now and then, from the other end of a living room. */
function makeTelevision({ voice, text }: Said, voices: Voices, random: SeededRandom): Made {
  const said = voices.say(voice, text);
  const from = Math.floor(random.next() * Math.max(1, said.length - samplesIn(TELEVISION_MS)));
  const shown = silence(TELEVISION_MS);
  const length = samplesIn(TELEVISION_MS);
  for (let i = 0; i < length; i += 1) shown[i] = said[(from + i) % said.length]!;
  atLevel(shown, -20);
  if (random.chance(0.4)) addAt(shown, atLevel(music(TELEVISION_MS, random), -30), 0);
  const heard = inRoom(throughLoudspeaker(shown), { decayMs: 400, directDb: -3 }, random).subarray(0, length);
  const faded = shaped(heard, ms => Math.min(1, ms / FADE_MS, (TELEVISION_MS - ms) / FADE_MS));
  return { source: voice, text, sound: trimmed(faded) };
}

function paceOf(voice: string, random: SeededRandom): number {
  return voice === 'prompts' ? 1 : random.pick([0.9, 1, 1.15]);
}

/** One of each in turn, the first list's first. */
function inTurn<T>(first: readonly T[], second: readonly T[]): T[] {
  const length = Math.max(first.length, second.length);
  return Array.from({ length }, (_, index) => [first[index], second[index]]).flatMap(pair =>
    pair.filter(item => item !== undefined),
  );
}

function chunks<T>(items: readonly T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, index) =>
    items.slice(index * size, (index + 1) * size),
  );
}

/** Fisher and Yates. */
function shuffled<T>(items: readonly T[], random: SeededRandom): T[] {
  const order = [...items];
  for (let last = order.length - 1; last > 0; last -= 1) {
    const other = random.integer(0, last);
    [order[last], order[other]] = [order[other]!, order[last]!];
  }
  return order;
}

function at<T>(list: readonly T[], index: number): T {
  return list[index % list.length]!;
}

function between({ least, most }: { least: number; most: number }, random: SeededRandom): number {
  return least + (most - least) * random.next();
}
