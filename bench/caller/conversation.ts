import { wholeSentence } from '../../src/providers/tts/whole_sentence.ts';
import type { Stt, Tts } from '../../src/providers/types.ts';
import type { Places } from '../../src/workflow/places.ts';
import type { WorkflowDocument } from '../../src/workflow/schema.ts';
import type { Codec } from '../wire/codec.ts';
import type { AudioSink } from '../wire/rtp_receiver.ts';
import type { AudioSource } from '../wire/rtp_sender.ts';
import { Track } from '../wire/track.ts';
import { type Behaviour, isCooperative } from './behaviour.ts';
import { Dialogue, type Reply } from './dialogue.ts';
import { Ears } from './ears.ts';
import { Mouth, type Spoken } from './mouth.ts';
import type { PromptBook } from './prompts.ts';
import { type BargeInReport, lastSoundWhenCut, type Outcome, type TurnReport } from './report.ts';
import type { Script } from './script.ts';

/** The workflow as the caller knows it. */
interface Knowledge {
  readonly document: WorkflowDocument;
  readonly places: Places;
  readonly book: PromptBook;
}

export interface ConversationParts {
  readonly knowledge: Knowledge;
  readonly script: Script;
  readonly behaviour: Behaviour;
  readonly stt: Stt;
  readonly tts: Tts;
  readonly watcher: TalkWatcher;
}

/** What carries a conversation: a call that was answered, by SIP or otherwise. */
export interface Wire {
  readonly codec: Pick<Codec, 'rateHz'>;
  readonly up: boolean;
  /** Since answer, as all times of a conversation. */
  nowMs(): number;
  /** Without effect when the call has ended. */
  hangUp(): Promise<void>;
  /** False when it takes no keys. */
  pressKeys(keys: string): boolean;
}

/** What a wire tells while it is being set up and while it lasts. */
export interface WireEnds {
  /** The media is about to run: who makes the sound, and who takes it. */
  audio(codec: Wire['codec']): {
    readonly source: AudioSource;
    readonly sent: AudioSink;
    readonly received: AudioSink;
  };
  ended(by: 'agent' | 'caller'): void;
}

/** Sets a wire up; resolves when it is answered, with undefined when it will not be. */
export type PlaceWire = (ends: WireEnds) => Promise<Wire | undefined>;

/** Told what happens as it happens. */
export interface TalkWatcher {
  turn(turn: TurnReport): void;
  interrupted(atMs: number): void;
  ended(by: 'agent' | 'caller', atMs: number): void;
}

/** After the agent's goodbye, this long is left to it to hang up. */
const GOODBYE_MS = 4000;
/** A shorter silence of the agent is a pause in its speech, not the end of it. */
const PAUSE_MS = 700;
/** A caller who hangs up in mid-sentence has said so much of it. */
const MID_SENTENCE_MS = 500;
const NEVER_ENDING =
  'and then there is one more thing that I wanted to tell you about the piano and my aunt,';

/** A conversation over the wire from dialling to its end. */
export class Conversation {
  readonly dialogue: Dialogue;
  readonly turns: TurnReport[] = [];
  readonly #parts: ConversationParts;
  #call: Wire | undefined;
  #ears: Ears | undefined;
  #mouth: Mouth | undefined;
  #callerTrack: Track | undefined;
  #agentTrack: Track | undefined;
  readonly #cuts: { readonly turn: number; readonly startMs: number; readonly endMs: number }[] = [];
  #agentTurns = 0;
  #interruption: { readonly text: string; readonly pcm: Int16Array } | undefined;
  #interrupting: Promise<void> | undefined;
  #endedBy: 'agent' | 'caller' | undefined;
  #gaveUp = false;
  #durationMs = 0;

  constructor(parts: ConversationParts) {
    this.#parts = parts;
    this.dialogue = new Dialogue(parts.knowledge.document, parts.knowledge.book, parts.script);
  }

  get endedBy(): 'agent' | 'caller' | undefined {
    return this.#endedBy;
  }

  get durationMs(): number {
    return this.#durationMs;
  }

  /** What went over the wire: the caller's side and the agent's. */
  get tracks(): readonly Track[] {
    return [this.#callerTrack, this.#agentTrack].filter(track => track !== undefined);
  }

  /**
   * Calls, talks and hangs up, at once when `signal` says so.
   * @throws whatever `place` throws
   */
  async hold(place: PlaceWire, signal: AbortSignal): Promise<Outcome> {
    const { behaviour } = this.#parts;
    const call = await place({ audio: codec => this.#openAudio(codec), ended: by => this.#ended(by) });
    if (call === undefined) return 'notAnswered';
    this.#call = call;
    const hangUp = (): void => void call.hangUp();
    const { hangUpAfter, maxSeconds } = behaviour;
    const timers = [setTimeout(hangUp, maxSeconds * 1000)];
    if (typeof hangUpAfter === 'number') timers.push(setTimeout(hangUp, hangUpAfter * 1000));
    signal.addEventListener('abort', hangUp);
    try {
      if (behaviour.neverStops) await this.#talkOnAndOn(call);
      else await this.#converse(call);
    } finally {
      for (const timer of timers) clearTimeout(timer);
      signal.removeEventListener('abort', hangUp);
      await call.hangUp();
    }
    return this.#outcome();
  }

  #openAudio(codec: Wire['codec']): ReturnType<WireEnds['audio']> {
    const { stt, knowledge, behaviour } = this.#parts;
    const ears = new Ears({
      stt,
      expect: knowledge.book.expect,
      rateHz: codec.rateHz,
      turnEndMs: behaviour.turnEndMs,
    });
    const mouth = new Mouth({ rateHz: codec.rateHz, noiseDbfs: behaviour.noiseDbfs });
    const callerTrack = new Track(codec.rateHz);
    const agentTrack = new Track(codec.rateHz);
    this.#ears = ears;
    this.#mouth = mouth;
    this.#callerTrack = callerTrack;
    this.#agentTrack = agentTrack;
    return {
      source: mouth.source,
      sent: (pcm, atMs) => {
        mouth.sent(pcm, atMs);
        callerTrack.write(pcm, atMs);
        ears.advance(atMs, mouth.quietSinceMs(atMs));
        this.#maybeInterrupt(atMs);
      },
      received: (pcm, atMs) => {
        ears.write(pcm, atMs);
        agentTrack.write(pcm, atMs);
      },
    };
  }

  #ended(by: 'agent' | 'caller'): void {
    this.#endedBy = by;
    this.#durationMs = this.#call?.nowMs() ?? 0;
    this.#ears?.close();
    this.#mouth?.close();
    this.#parts.watcher.ended(by, this.#durationMs);
  }

  async #converse(call: Wire): Promise<void> {
    const { behaviour } = this.#parts;
    if (behaviour.interruptTurn !== undefined) {
      const text = this.dialogue.interruption();
      this.#interruption = { text, pcm: await this.#render(call, text) };
    }
    while (call.up) {
      const heard = await this.#ears!.next(
        this.dialogue.outcome === undefined ? behaviour.quietMs : GOODBYE_MS,
      );
      await this.#interrupting;
      if (heard.type === 'ended') return;
      if (heard.type === 'quiet' && this.dialogue.outcome !== undefined) return;
      if (heard.type === 'turn') this.#noteAgent(heard);
      // A few words that the caller's own cut short: the agent will answer those.
      const wasCut = heard.type === 'turn' && heard.text === '' && heard.startMs < this.#spokenUntilMs(call);
      if (behaviour.silent || wasCut) continue;
      const reply = heard.type === 'quiet' ? this.dialogue.askAgain() : this.dialogue.hear(heard.text);
      if (reply.type === 'giveUp') {
        this.#gaveUp = true;
        return;
      }
      await this.#carryOut(call, reply);
    }
  }

  #spokenUntilMs(call: Wire): number {
    return this.#mouth!.quietSinceMs(call.nowMs());
  }

  async #carryOut(call: Wire, reply: Reply): Promise<void> {
    if (reply.type === 'keys') {
      const startMs = call.nowMs();
      if (call.pressKeys(reply.keys)) this.#noteCaller(`keys ${reply.keys}`, { startMs, endMs: startMs });
      return;
    }
    if (reply.type !== 'say' || !call.up) return;
    const pcm = await this.#render(call, reply.text);
    // The agent went on while the caller thought: what it says now comes first.
    if (this.#ears?.turnStartMs !== undefined && this.#interrupting === undefined) return;
    if (this.#parts.behaviour.hangUpAfter === 'mid-sentence') {
      setTimeout(() => void call.hangUp(), Math.min(MID_SENTENCE_MS, (pcm.length * 500) / call.codec.rateHz));
    }
    this.#noteCaller(reply.text, await this.#mouth!.say(pcm));
  }

  async #render(call: Wire, text: string): Promise<Int16Array> {
    const signal = AbortSignal.timeout(15_000);
    const { pcm } = await wholeSentence(this.#parts.tts, text, { rateHz: call.codec.rateHz, signal });
    return pcm;
  }

  /** Cuts into the turn that was chosen, once, when it has lasted long enough, or into the next that does. */
  #maybeInterrupt(nowMs: number): void {
    const { interruptTurn, interruptAfterMs } = this.#parts.behaviour;
    const startMs = this.#ears?.turnStartMs;
    const turn = this.#agentTurns + 1;
    if (
      interruptTurn === undefined ||
      this.#interruption === undefined ||
      startMs === undefined ||
      turn < interruptTurn
    )
      return;
    if (nowMs - startMs < interruptAfterMs || this.#ears?.sounding !== true) return;
    const { text, pcm } = this.#interruption;
    this.#interruption = undefined;
    this.#parts.watcher.interrupted(nowMs);
    this.#ears.drop();
    this.#noteAgent({ startMs, endMs: nowMs, text: '…', confidence: 0 });
    this.#interrupting = this.#mouth!.say(pcm).then(spoken => {
      if (spoken !== undefined) this.#cuts.push({ turn, ...spoken });
      this.#noteCaller(text, spoken);
      this.#interrupting = undefined;
    });
  }

  /** How soon the agent fell silent each time it was cut into: known for certain only afterwards. */
  get bargeIns(): BargeInReport[] {
    return this.#cuts.map(({ turn, startMs, endMs }) => {
      const lastMs = lastSoundWhenCut(this.#ears?.sounds ?? [], { startMs, endMs }, PAUSE_MS) ?? startMs;
      const stopMs = Math.max(0, Math.min(lastMs, this.#durationMs) - startMs);
      const [callerStartMs, callerEndMs] = [Math.round(startMs), Math.round(endMs)];
      return { turn, callerStartMs, callerEndMs, stopMs: Math.round(stopMs) };
    });
  }

  async #talkOnAndOn(call: Wire): Promise<void> {
    const pcm = await this.#render(call, NEVER_ENDING);
    while (call.up) {
      const spoken = await this.#mouth!.say(pcm);
      this.#noteCaller(NEVER_ENDING, spoken);
    }
  }

  #noteAgent({
    startMs,
    endMs,
    text,
    confidence,
  }: Omit<TurnReport, 'speaker'> & { readonly confidence: number }): void {
    this.#agentTurns += 1;
    this.#note({
      speaker: 'agent',
      text,
      startMs: Math.round(startMs),
      endMs: Math.round(endMs),
      confidence,
    });
  }

  #noteCaller(text: string, spoken: Spoken): void {
    if (spoken === undefined) return;
    this.#note({
      speaker: 'caller',
      text,
      startMs: Math.round(spoken.startMs),
      endMs: Math.round(spoken.endMs),
    });
  }

  #note(turn: TurnReport): void {
    this.turns.push(turn);
    this.#parts.watcher.turn(turn);
  }

  #outcome(): Outcome {
    const { behaviour, knowledge } = this.#parts;
    const { outcome } = this.dialogue;
    if (outcome !== undefined) {
      const exits = Object.values(knowledge.document.exits).map(name => knowledge.document.stages[name]);
      const byExit = exits.some(stage => stage?.kind === 'end' && stage.outcome === outcome);
      return byExit ? 'notCompleted' : 'completed';
    }
    if (this.#gaveUp) return 'gaveUp';
    if (this.#endedBy === 'agent' && isCooperative(behaviour)) return 'cutOff';
    return this.#endedBy === 'agent' ? 'cutOff' : 'hungUp';
  }
}
