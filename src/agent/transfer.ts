import { LIMITS } from '../config/limits.ts';
import type { FlowStep, PersonBecame, PersonCall } from '../workflow/types.ts';
import { AgentSpeech } from './agent_speech.ts';
import type { Keypad } from './keypad.ts';
import type { Listening } from './listening.ts';
import type { After, CallAudio, PersonLeg, PersonLine, PersonNews } from './ports.ts';
import { inOrder } from './responder.ts';
import type { Voice } from './voice.ts';

/** How often it is looked how far the person has heard what they are told. */
const LOOK_EVERY_MS = 20;

interface TransferParts {
  readonly audio: CallAudio;
  readonly voice: Voice;
  readonly after: After;
  /** Left out where nobody can be called. */
  readonly people?: PersonLine | undefined;
  readonly listening: Pick<Listening, 'lastWords'>;
  readonly keypad: Pick<Keypad, 'clear'>;
  /** Told of what went wrong; the caller is put through all the same. */
  onFault(error: unknown): void;
}

/** Puts the caller through to a person: rings them, tells them in private what it is about, and joins both. */
export class Transfer {
  readonly #parts: TransferParts;
  readonly #became: (what: PersonBecame) => void;
  #leg: PersonLeg | undefined;
  #isJoined = false;
  #whisper: AgentSpeech | undefined;
  #cancel: () => void = () => undefined;

  /** `became` is told that both speak with each other, and what came of it in the end: for the workflow to go on with. */
  constructor(parts: TransferParts, became: (what: PersonBecame) => void) {
    this.#parts = parts;
    this.#became = became;
  }

  /** True from the ringing to the person's leaving: nobody but them is the caller's to speak with. */
  get isOn(): boolean {
    return this.#leg !== undefined;
  }

  /** All that the step says was heard. Returns whether it is up to somebody else what comes next. */
  follow(step: FlowStep | undefined): boolean {
    const call = step?.person;
    if (this.isOn || call === undefined) return this.isOn;
    this.#parts.keypad.clear();
    // What the caller says is not for the agent, and interrupts nothing.
    this.#parts.listening.lastWords();
    this.#begin(call);
    return true;
  }

  /** The line is gone, or others have the call. */
  close(): void {
    this.#cancel();
    this.#whisper?.stop();
    this.#leg = undefined;
  }

  /** The agent has something to say after all. */
  giveUp(): void {
    this.#leg?.drop();
    if (this.#whisper !== undefined) this.#parts.audio.cut();
    this.close();
  }

  #begin(call: PersonCall): void {
    const { people, after } = this.#parts;
    if (people === undefined) {
      // In a turn of its own, as all news.
      this.#leg = { join: () => undefined, drop: () => undefined, told: () => undefined };
      this.#cancel = after(0, () => this.#over('failed'));
      return;
    }
    this.#isJoined = false;
    this.#leg = people.call(call.person, news => this.#heard(call, news));
    this.#cancel = after(call.ringMs, () => {
      this.#leg?.drop();
      this.#over('noAnswer');
    });
  }

  #heard(call: PersonCall, news: PersonNews): void {
    if (this.#leg === undefined) return;
    if (news === 'answered') this.#tell(this.#leg, call.whisper);
    else if (news === 'taken') this.#over(news);
    else if (this.#isJoined) this.#over('left');
    // Whoever leaves before the caller was there did not want to.
    else this.#over(news === 'left' ? 'declined' : news);
  }

  #tell(leg: PersonLeg, sentences: readonly string[]): void {
    const { audio, voice, after, onFault } = this.#parts;
    this.#cancel();
    if (sentences.length === 0) {
      this.#join(leg);
      return;
    }
    const whisper = new AgentSpeech(audio, voice, inOrder(sentences));
    this.#whisper = whisper;
    const untilMs = audio.mediaMs() + LIMITS.whisperMs;
    let isBroken = false;
    whisper.say().catch((error: unknown) => {
      isBroken = true;
      onFault(error);
    });
    const look = (): void => {
      const isTold = whisper.over(audio.playedSamples()) || isBroken || audio.mediaMs() >= untilMs;
      if (!isTold) {
        this.#cancel = after(LOOK_EVERY_MS, look);
        return;
      }
      const heard = whisper.heard(audio.playedSamples());
      if (heard !== '') leg.told(heard);
      this.#join(leg);
    };
    this.#cancel = after(LOOK_EVERY_MS, look);
  }

  #join(leg: PersonLeg): void {
    const { audio } = this.#parts;
    if (this.#whisper !== undefined && !this.#whisper.over(audio.playedSamples())) audio.cut();
    this.#endWhisper();
    this.#isJoined = true;
    leg.join();
    this.#became('joined');
  }

  #over(what: PersonBecame): void {
    if (this.#whisper !== undefined) this.#parts.audio.cut();
    this.#endWhisper();
    this.#leg = undefined;
    this.#became(what);
  }

  #endWhisper(): void {
    this.#cancel();
    this.#whisper?.stop();
    this.#whisper = undefined;
  }
}
