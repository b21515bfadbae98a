import { LIMITS } from '../config/limits.ts';
import type { SpeechEngine } from '../providers/speech/types.ts';
import type { Llm, Stt } from '../providers/types.ts';
import { sumOfAmounts, type Use } from '../providers/use.ts';
import type { EventDetail } from '../store/events.ts';
import type { CallRecord } from './call_record.ts';
import type { Voice } from './voice.ts';

type Told = EventDetail<'call.used'>['uses'][number];

interface CallProviders {
  readonly stt: Stt;
  readonly llm: Llm | undefined;
  readonly speech: SpeechEngine | undefined;
  readonly voice: Voice;
}

/** What the providers of one call were used for, until its record is told. */
export class CallUse {
  readonly #uses = new Map<string, Told>();
  #toldMs = 0;

  /** The same providers, whose use for this call is counted here. */
  within<P extends CallProviders>(providers: P): P {
    const onUse = this.#used;
    const { stt, llm, speech, voice } = providers;
    return {
      ...providers,
      stt: countedStt(stt, onUse),
      llm: llm && this.counted(llm),
      speech: speech && {
        name: speech.name,
        open: opening => speech.open({ ...opening, onUse }),
        close: () => speech.close(),
      },
      voice: voice.heldBy({ onUse }),
    };
  }

  /** The same model, in the same way. */
  counted(llm: Llm): Llm {
    return {
      name: llm.name,
      prepare: () => llm.prepare(),
      reply: request => llm.reply({ ...request, onUse: this.#used }),
      close: () => llm.close(),
    };
  }

  /** Now and then, as a call goes on. @param mediaMs of the call */
  tellSometimes(record: CallRecord, mediaMs: number): void {
    if (mediaMs - this.#toldMs < LIMITS.callUsedMs) return;
    this.#toldMs = mediaMs;
    this.tell(record);
  }

  /** What came together since it was told last, where there is anything. */
  tell(record: CallRecord): void {
    const uses = [...this.#uses.values()].slice(0, LIMITS.usesTold);
    this.#uses.clear();
    if (uses.length > 0) record.append('call.used', { uses });
  }

  readonly #used = (use: Use): void => {
    const key = `${use.kind} ${use.provider}`;
    const before = this.#uses.get(key);
    if (before === undefined) {
      this.#uses.set(key, use);
      return;
    }
    this.#uses.set(key, {
      ...before,
      ...sumOfAmounts(before, use),
      costMicroUsd: before.costMicroUsd + use.costMicroUsd,
      isEstimated: before.isEstimated || use.isEstimated,
    });
  };
}

/** The same recogniser, whose use is told. */
function countedStt(stt: Stt, onUse: (use: Use) => void): Stt {
  return {
    name: stt.name,
    prepare: expect => stt.prepare(expect),
    open: options => stt.open({ ...options, onUse }),
    close: () => stt.close(),
  };
}
