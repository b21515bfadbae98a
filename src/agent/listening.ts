import type { TurnEvent } from '../../pipeline/turn/turn_event.ts';
import type { Config } from '../config/schema.ts';
import type { FlowStep } from '../workflow/types.ts';
import { Endpointing } from './endpointing.ts';
import type { CallAudio } from './ports.ts';
import type { Responder } from './responder.ts';
import { lastWordsPolicy, turnPolicy } from './turn_policy.ts';

/** Half is what nobody knows of. */
const COMPLETE_SHARE = 0.6;
const PERHAPS_SHARE = 0.35;

/** `complete` where nothing says that they go on, `open` where something does. */
export type WordsSoFar = 'complete' | 'perhaps' | 'open';

/** Keeps the audio thread told how to listen: by what was asked, what was said so far, and how this caller speaks. */
export class Listening {
  readonly #turn: Config['turn'];
  readonly #audio: Pick<CallAudio, 'setPolicy' | 'mediaMs'>;
  readonly #responder: Pick<Responder, 'isModel'>;
  readonly #endpointing: Endpointing;
  #step: FlowStep | undefined;
  #toldPauseMs = 0;

  constructor(
    turn: Config['turn'],
    audio: Pick<CallAudio, 'setPolicy' | 'mediaMs'>,
    responder: Pick<Responder, 'isModel'>,
  ) {
    this.#turn = turn;
    this.#audio = audio;
    this.#responder = responder;
    this.#endpointing = new Endpointing(turn);
  }

  /** The caller is to answer this step. */
  asked(step: FlowStep | undefined): void {
    if (step === undefined || step === this.#step) return;
    this.#step = step;
    this.#endpointing.asked(step);
    this.#tell(step);
  }

  /** To be told of every event before anything is done about it. */
  turn(event: TurnEvent): void {
    this.#endpointing.turn(event);
    this.#follow();
  }

  /** Plain words of the open turn so far. */
  partial(text: string): void {
    const words = text.split(' ').filter(word => word !== '');
    this.#endpointing.partial(words, this.#audio.mediaMs());
    this.#follow();
  }

  /** Whether the words so far are all, as far as words tell. */
  get words(): WordsSoFar {
    const share = this.#endpointing.completeness?.share ?? 0;
    return share >= COMPLETE_SHARE ? 'complete' : share >= PERHAPS_SHARE ? 'perhaps' : 'open';
  }

  /** The agent takes leave: nobody is waited for. */
  lastWords(): void {
    this.#step = undefined;
    this.#audio.setPolicy(lastWordsPolicy(this.#turn));
  }

  #follow(): void {
    if (this.#step !== undefined && this.#endpointing.pauseMs !== this.#toldPauseMs) this.#tell(this.#step);
  }

  #tell(step: FlowStep): void {
    this.#toldPauseMs = this.#endpointing.pauseMs;
    this.#audio.setPolicy({
      ...turnPolicy(this.#turn, step),
      endOfTurnPauseMs: this.#toldPauseMs,
      // Nobody else thinks before the network is sure of a pause.
      tellsGaps: this.#responder.isModel(step.state),
    });
  }
}
