import { tellsOfCard } from '../workflow/understand/intents/detect.ts';
import { withoutCard, withoutNumbers } from '../workflow/understand/intents/mask_card.ts';
import type { CallRecording } from './ports.ts';

/**
 * Keeps the numbers of payment cards out of the recording and the transcript: from the beginning of the turn that tells of one
 * until the end of the first turn that does not.
 */
export class CardGuard {
  readonly #recording: CallRecording;
  /** Whether or not there is a recording. */
  #isTold = false;

  constructor(recording: CallRecording) {
    this.#recording = recording;
  }

  /** Words so far of a turn that began at media time `onsetMs`. */
  partial(text: string, onsetMs: number): void {
    if (!this.#recording.isPaused && tellsOfCard(text)) this.#recording.pause(onsetMs);
  }

  /** All words of it; returns them as they may be written down. */
  final(text: string, onsetMs: number): string {
    const wasTold = this.#isTold || this.#recording.isPaused;
    if (tellsOfCard(text)) {
      this.#isTold = true;
      this.#recording.pause(onsetMs);
    } else if (text !== '') {
      this.#isTold = false;
      this.#recording.resumeSound();
    }
    return wasTold ? withoutNumbers(text) : withoutCard(text);
  }
}
