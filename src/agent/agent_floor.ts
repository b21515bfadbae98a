import type { AgentSpeech } from './agent_speech.ts';
import type { CallAudio } from './ports.ts';
import { canTakeBack, drop, type Reply } from './reply.ts';

/** What becomes of replies; each is told before anything else is done about it. */
export interface FloorEvents {
  /** The caller has begun to hear it: from here on it counts. */
  stands(reply: Reply): void;
  /** It stood, and `text` was heard of it, to its end or not. */
  wasHeard(reply: Reply, heard: { readonly text: string; readonly interrupted: boolean }): void;
  /** Nothing of it was heard: the caller's turn goes on where it seemed to end. */
  takenBack(reply: Reply): void;
  /** It is over: what comes next is up to the caller, if nothing waits. */
  over(reply: Reply, interrupted: boolean): void;
  failed(error: unknown): void;
}

/** The agent's side of the exchange: at most one reply at a time, from the end of the caller's turn to its last word. */
export class AgentFloor {
  readonly #audio: CallAudio;
  readonly #maxTurnMs: number;
  readonly #events: FloorEvents;
  #reply: Reply | undefined;

  constructor(audio: CallAudio, maxTurnMs: number, events: FloorEvents) {
    this.#audio = audio;
    this.#maxTurnMs = maxTurnMs;
    this.#events = events;
  }

  get reply(): Reply | undefined {
    return this.#reply;
  }

  /** A reply is being thought of; another one that has not been said is no longer. */
  begin(reply: Reply): Reply {
    this.#reply = reply;
    return reply;
  }

  async say(reply: Reply, speech: AgentSpeech): Promise<void> {
    this.#reply = reply;
    reply.speech = speech;
    try {
      await speech.say();
    } catch (error) {
      if (this.#reply === reply) this.#events.failed(error);
    }
  }

  /** The first frame of a stretch of it went to the caller. */
  playoutStarted(atMs: number): void {
    if (this.#reply?.speech?.begun) this.#reply.firstFrameMs ??= atMs;
  }

  /** To be called every 10 to 20 ms: follows how far it was heard. */
  follow(): void {
    const reply = this.#reply;
    reply?.answered?.holding?.follow();
    if (reply?.speech === undefined) return;
    const played = this.#audio.playedSamples();
    const over = reply.speech.over(played);
    if (!reply.stands && (over || reply.speech.firstWordHeard(played))) this.#stand(reply);
    if (over) this.close(reply, played);
  }

  /** The caller takes the floor, when `heardSamples` of the agent were heard. */
  interrupt(heardSamples: number): void {
    const reply = this.#reply;
    if (reply === undefined) return;
    const { speech, answered } = reply;
    const isSpeaking = speech?.begun && speech.generation === this.#audio.generation;
    if (isSpeaking || answered?.holding?.isAudible) this.#audio.cut();
    if (!reply.stands) {
      if (!speech?.firstWordHeard(heardSamples) && canTakeBack(reply, this.#maxTurnMs)) {
        this.takeBack(reply);
        return;
      }
      this.#stand(reply);
    }
    this.close(reply, heardSamples);
  }

  takeBack(reply: Reply): void {
    this.#reply = undefined;
    drop(reply);
    this.#events.takenBack(reply);
  }

  close(reply: Reply, heardSamples: number): void {
    const interrupted = reply.speech?.over(heardSamples) !== true;
    this.#reply = undefined;
    drop(reply);
    reply.answered?.turn.cancel();
    const text = reply.speech?.heard(heardSamples) ?? '';
    reply.speech?.close(heardSamples);
    if (reply.stands) this.#events.wasHeard(reply, { text, interrupted });
    this.#events.over(reply, interrupted);
  }

  #stand(reply: Reply): void {
    reply.stands = true;
    this.#events.stands(reply);
  }
}
