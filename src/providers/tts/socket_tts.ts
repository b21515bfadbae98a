import { ProviderFault } from '../provider_fault.ts';
import { plainText, refuseLong, saysNothing } from './plain_text.ts';
import { shapedSpeech } from './shaped_speech.ts';
import { SpeechConnections, type SpeechTicket } from './speech_connections.ts';
import type { FeedEvent } from './speech_feed.ts';
import type { NetworkTts, SpeechProtocol } from './speech_protocol.ts';
import { VoiceLevel } from './voice_level.ts';
import { withWordTimes } from './word_times.ts';

/** A synthesiser that speaks a protocol over WebSockets; the provider is asked for the very rate that is wanted. */
export function createSocketTts(
  protocol: SpeechProtocol,
  options: { readonly tellsWords: boolean; readonly stallMs: number },
): NetworkTts {
  const connections = new SpeechConnections(protocol, options.stallMs);
  const level = new VoiceLevel();
  const { name } = protocol;
  const tts: NetworkTts = {
    name,
    prepare: rateHz => connections.prepare(rateHz),
    async *speak(sentence, { rateHz, signal }) {
      signal.throwIfAborted();
      refuseLong(sentence, name);
      if (saysNothing(sentence)) return;
      const begin = () => connections.begin(plainText(sentence), rateHz);
      yield* shapedSpeech(eventsOf(begin, signal), { name, sentence, fromHz: rateHz, rateHz, level });
    },
    async close() {
      connections.close();
    },
  };
  return withWordTimes(tts, options.tellsWords);
}

/** What comes of a sentence. One that met a connection which had died while it was kept is begun once more. */
async function* eventsOf(begin: () => SpeechTicket, signal: AbortSignal): AsyncGenerator<FeedEvent> {
  for (let ticket = begin(); ; ticket = begin()) {
    const { leave } = ticket;
    // At once, whether anybody asks for the next piece or not.
    signal.addEventListener('abort', leave);
    try {
      yield* ticket.feed.events(signal);
      return;
    } catch (error) {
      const isStale = error instanceof ProviderFault && error.kind === 'unavailable';
      if (!isStale || !ticket.wasUsed || ticket.feed.bytes > 0) throw error;
    } finally {
      signal.removeEventListener('abort', leave);
      leave();
    }
  }
}
