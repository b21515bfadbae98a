import { SeededRandom } from '../caller/random.ts';
import { noise } from '../load/sounds.ts';
import { SoundDetector } from '../wire/onset.ts';
import { PACKET_MS } from '../wire/rtp_sender.ts';
import { Track } from '../wire/track.ts';
import { Echo } from './echo_path.ts';
import { type BargeInEvent, type CallPlan, lengthMsOf, type Trial } from './event.ts';
import { WATCHED_MS } from './reaction.ts';
import { activeLevelDb, atRate, fromPcm, spanAbove } from './shaping.ts';

const REST_MS = WATCHED_MS + 100;
/** The agent counts as silent after this long without sound: what it says has no such pauses. */
const AGENT_HANG_MS = 200;
/** Its lowered voice is still a voice. */
const AGENT_DBFS = -52;
/** An agent that has not been heard for long enough by then will not be. */
const MOST_WAIT_MS = 12_000;
const NOISE_MS = 3000;
/** What is quieter nobody hears on a line: breath before a word. Of quiet events, what is as far beneath their level. */
const SOUND_DBFS = -46;
const SOUND_BENEATH_DB = 20;

/**
 * The caller's side of one call: noise of the line, what goes on around, and echo of what was heard; events begin after
 * the agent has spoken for as long as each wants. Works by the times it is told alone, over sockets or without.
 */
export class EventCaller {
  /** All that was heard of the agent. */
  readonly heard: Track;
  readonly trials: Trial[] = [];
  /** Events for which the agent was not heard long enough. */
  readonly missed: BargeInEvent[] = [];
  readonly #events: readonly ReadyEvent[];
  readonly #noise: Int16Array;
  readonly #background: Int16Array | undefined;
  readonly #echo: Echo | undefined;
  readonly #agent: SoundDetector;
  #agentSinceMs: number | undefined;
  #waitingSinceMs = 0;
  #next = 0;
  #playing: { readonly pcm: Int16Array; at: number } | undefined;
  /** Samples sent so far. */
  #sent = 0;
  /** When the packet that is made next is due. */
  #dueMs = 0;

  /** Takes some milliseconds for each event: to be made before anything has to be on time. */
  constructor(plan: CallPlan, rateHz: 8000 | 16_000) {
    this.#events = plan.events.map(event => ready(event, rateHz));
    this.heard = new Track(rateHz);
    this.#noise = noise(NOISE_MS, rateHz, plan.noiseDbfs, new SeededRandom(plan.seed, 'line'));
    this.#background = plan.background && atRate(plan.background, rateHz);
    this.#echo = plan.echo && new Echo(plan.echo, this.heard, new SeededRandom(plan.echo.seed, 'echo'));
    this.#agent = new SoundDetector(
      { rateHz, hangMs: AGENT_HANG_MS, onDbfs: AGENT_DBFS },
      {
        started: startMs => {
          this.#agentSinceMs = startMs;
        },
        ended: () => {
          this.#agentSinceMs = undefined;
        },
      },
    );
  }

  /** Every event was sent, and what came of the last one has been heard. */
  get isDone(): boolean {
    const isRested = this.#dueMs >= this.#waitingSinceMs;
    return this.#next >= this.#events.length && this.#playing === undefined && isRested;
  }

  /** Fills the next packet. */
  source(frame: Int16Array): void {
    this.#agent.advance(this.#dueMs - 2 * PACKET_MS);
    this.#begin();
    frame.fill(0);
    addRound(frame, this.#noise, this.#sent);
    if (this.#background !== undefined) addRound(frame, this.#background, this.#sent);
    this.#sent += frame.length;
    this.#play(frame);
    this.#echo?.addTo(frame, this.#dueMs);
  }

  /** The packet that was filled last was due at this time. */
  sent(atMs: number): void {
    this.#dueMs = atMs + PACKET_MS;
  }

  /** What came of the agent. */
  received(pcm: Int16Array, atMs: number): void {
    this.heard.write(pcm, atMs);
    this.#agent.write(pcm, atMs);
  }

  #begin(): void {
    const next = this.#events[this.#next];
    if (next === undefined || this.#playing !== undefined || this.#dueMs < this.#waitingSinceMs) return;
    const { event, pcm, fromMs, toMs } = next;
    const speakingMs = this.#dueMs - Math.max(this.#agentSinceMs ?? this.#dueMs, this.#waitingSinceMs);
    if (this.#agentSinceMs !== undefined && speakingMs >= event.afterMs) {
      this.#next += 1;
      this.#playing = { pcm, at: 0 };
      this.trials.push({ event, onsetMs: this.#dueMs + fromMs, endMs: this.#dueMs + toMs });
    } else if (this.#dueMs - this.#waitingSinceMs > MOST_WAIT_MS) {
      this.#next += 1;
      this.missed.push(event);
      this.#waitingSinceMs = this.#dueMs;
    }
  }

  #play(frame: Int16Array): void {
    const playing = this.#playing;
    if (playing === undefined) return;
    const { pcm } = playing;
    const count = Math.min(frame.length, pcm.length - playing.at);
    for (let i = 0; i < count; i += 1) frame[i] = clipped(frame[i]! + pcm[playing.at + i]!);
    playing.at += count;
    if (playing.at < pcm.length) return;
    this.#playing = undefined;
    this.#waitingSinceMs = this.#dueMs + PACKET_MS + REST_MS;
  }
}

/** Adds what goes round, from one of its samples on. */
function addRound(frame: Int16Array, sound: Int16Array, from: number): void {
  for (let i = 0; i < frame.length; i += 1) frame[i] = clipped(frame[i]! + sound[(from + i) % sound.length]!);
}

function clipped(sample: number): number {
  return Math.max(-32_768, Math.min(32_767, sample));
}

/** An event at the rate of the line, with its first packet that has sound, and the end of its last sound. */
interface ReadyEvent {
  readonly event: BargeInEvent;
  readonly pcm: Int16Array;
  readonly fromMs: number;
  readonly toMs: number;
}

function ready(event: BargeInEvent, rateHz: 8000 | 16_000): ReadyEvent {
  const sound = fromPcm(event.pcm);
  const leastDb = Math.min(SOUND_DBFS, activeLevelDb(sound) - SOUND_BENEATH_DB);
  const { fromMs, toMs } = spanAbove(sound, leastDb) ?? { fromMs: 0, toMs: lengthMsOf(event) };
  const firstPacketMs = Math.floor(fromMs / PACKET_MS) * PACKET_MS;
  return { event, pcm: atRate(event.pcm, rateHz), fromMs: firstPacketMs, toMs };
}
