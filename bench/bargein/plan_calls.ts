import { SeededRandom } from '../caller/random.ts';
import type { CodecName } from '../wire/codec.ts';
import type { EchoPath } from './echo_path.ts';
import type { CallPlan } from './event.ts';

/** Half of the calls each. */
const CODECS_IN_TURN: readonly CodecName[] = ['PCMU', 'G722'];
const SETTINGS: readonly Setting[] = ['nothing', 'echo', 'television'];
const ECHO_DELAY_MS = { least: 50, most: 400 } as const;
const ERL_DB = { least: 6, most: 20 } as const;
const LINE_NOISE_DBFS = { least: -68, most: -56 } as const;
const AFTER_MS = { least: 1000, most: 3000 } as const;
/** That is when a canceller knows nothing. */
const FIRST_ECHO_AFTER_MS = { least: 0, most: 400 } as const;

/** What a call's events happen beside. */
type Setting = 'nothing' | 'echo' | 'television';

/** Events of one call as they are laid out: whatever they are, in their order. */
export interface Layout<T> {
  readonly codec: CodecName;
  readonly setting: Setting;
  readonly events: readonly T[];
}

/** What a set has. */
export interface Stock<T> {
  readonly dry: readonly T[];
  /** Beside a television that is on all the time. */
  readonly television: readonly T[];
  /** Echo alone, with which each call that has one begins, and others beside it. */
  readonly echoOnly: readonly T[];
  readonly inEcho: readonly T[];
}

/** Of a call with an echo, alone and with others in turn. */
const EVENTS_IN_ECHO = 4;

/**
 * Spreads a stock over calls: half of it with each codec, shuffled, echo alone and beside others in turn. `opens` says what
 * may be a call's first event: as far as they go, each call begins with one.
 */
export function layOut<T>(
  stock: Stock<T>,
  eventsOfACall: number,
  seed: number,
  opens: (event: T) => boolean = () => true,
): Layout<T>[] {
  return CODECS_IN_TURN.flatMap((codec, half) => {
    const random = new SeededRandom(seed, `calls ${codec}`);
    const halfOf = (events: readonly T[]): T[] =>
      events.filter((_, index) => index % CODECS_IN_TURN.length === half);
    const mixed = (events: readonly T[]): T[][] =>
      dealt(shuffled(halfOf(events), random), eventsOfACall, opens);
    const calls: Record<Setting, T[][]> = {
      nothing: mixed(stock.dry),
      television: mixed(stock.television),
      echo: chunks(inTurn(halfOf(stock.echoOnly), halfOf(stock.inEcho)), EVENTS_IN_ECHO),
    };
    return SETTINGS.flatMap(setting => calls[setting].map(events => ({ codec, setting, events })));
  });
}

/** A call whose events are made. */
export interface CallOnALine extends Pick<CallPlan, 'events' | 'background'> {
  readonly layout: Layout<unknown>;
}

/** A call's line: its noise, its echo, and when its events are due. In the order in which they are to be placed. */
export function asPlans(calls: readonly CallOnALine[], seed: number): CallPlan[] {
  const plans = calls.map(({ layout: { codec, setting }, events, background }, index) => {
    const random = new SeededRandom(seed, `line ${index}`);
    const noiseDbfs = between(LINE_NOISE_DBFS, random);
    const echo = setting === 'echo' ? drawEcho(index, random) : undefined;
    const drawn = random.integer(1, 2 ** 30);
    return { codec, echo, background, noiseDbfs, seed: drawn, events: begunAtOnce(events, random) };
  });
  return shuffled(plans, new SeededRandom(seed, 'order'));
}

/** Echo is judged from the agent's first word on. */
function begunAtOnce([first, ...others]: CallPlan['events'], random: SeededRandom): CallPlan['events'] {
  if (first === undefined) return [];
  if (first.kind !== 'echoOnly') return [first, ...others];
  return [{ ...first, afterMs: Math.round(between(FIRST_ECHO_AFTER_MS, random)) }, ...others];
}

/** For how long the agent is heard before an event. */
export function drawAfterMs(random: SeededRandom): number {
  return Math.round(between(AFTER_MS, random));
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

/** To as many calls as are needed: each one that may open it, as far as they go, and the others in turn. */
function dealt<T>(events: readonly T[], eventsOfACall: number, opens: (event: T) => boolean): T[][] {
  const calls = Math.ceil(events.length / eventsOfACall);
  const firsts = events.filter(opens).slice(0, calls);
  const others = events.filter(event => !firsts.includes(event));
  const hands = Array.from({ length: calls }, (_, index) => firsts.slice(index, index + 1));
  for (const [index, event] of others.entries()) hands[index % calls]!.push(event);
  return hands;
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

function between({ least, most }: { least: number; most: number }, random: SeededRandom): number {
  return least + (most - least) * random.next();
}
