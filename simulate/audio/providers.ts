import { startCartesia } from '../../test/providers/servers/cartesia.ts';
import { DeepgramListenServer } from '../../test/providers/servers/deepgram_listen.ts';
import type { SpokenBook } from './spoken_book.ts';
import { speakInTones } from './tones.ts';

const KEY = 'key-of-simulated-calls';
const KEY_ENV = 'SIMULATED_VOICE_KEY';
/** Beneath this there is a line's noise. */
const SILENCE_PEAK = 250;
/** A sentence comes in one piece: where the machine has no time for more, none has a gap. */
const PIECE_MS = 30_000;

/** A recogniser and a voice on the loopback, by the protocols of the services, for a node that uses them. */
export interface CallProviders extends AsyncDisposable {
  readonly config: Readonly<Record<string, unknown>>;
  readonly env: Readonly<Record<string, string>>;
}

/** Recognises what is in the book by its sound; speaks in tones (`tones.ts`). */
export async function startCallProviders(book: SpokenBook): Promise<CallProviders> {
  const stt = await new DeepgramListenServer(KEY).start();
  stt.silencePeak = SILENCE_PEAK;
  stt.rates = [8000];
  stt.script = ({ head }) => book.wordsIn(head, 8000);
  const tts = await startCartesia({ apiKey: KEY });
  tts.script.audio = speakInTones;
  tts.script.chunkMs = PIECE_MS;
  return {
    config: {
      stt: [{ kind: 'deepgram', keyEnv: KEY_ENV, url: stt.url }],
      tts: [{ kind: 'cartesia', keyEnv: KEY_ENV, url: tts.url, voice: 'tones' }],
    },
    env: { [KEY_ENV]: KEY },
    [Symbol.asyncDispose]: async () => {
      await Promise.all([stt.close(), tts.close()]);
    },
  };
}
