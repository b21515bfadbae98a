import { LIMITS } from '../../config/limits.ts';
import { connectOptions, type HostedRequest, type RequestPlace } from './hosted_request.ts';
import type { SpokenStream, SynthesizedAudio, TtsPlugin } from './plugin_api.ts';
import { failureOf } from './plugin_failure.ts';
import type { PluginRequest } from './plugin_messages.ts';

/** Has a plugin speak a text: by its stream where it has one, else by one request. */
export function speak(
  plugin: TtsPlugin,
  { text, timeoutMs }: Extract<PluginRequest, { type: 'say' }>,
  place: RequestPlace,
): HostedRequest {
  const control = new AbortController();
  let stream: SpokenStream | undefined;
  const begin = (): SpokenStream => {
    const connOptions = connectOptions(timeoutMs);
    if (plugin.capabilities?.streaming !== true) return plugin.synthesize(text, connOptions, control.signal);
    const begun = plugin.stream({ connOptions });
    begun.pushText(text);
    begun.endInput();
    return begun;
  };
  const read = async () => {
    try {
      stream = begin();
      for await (const audio of stream) {
        if (control.signal.aborted) return;
        // The one segment is complete; some plugins take a while to close their connection.
        if (typeof audio === 'symbol') break;
        tellAudio(audio, place);
      }
      if (control.signal.aborted) return;
      const failure = place.failures.of(place.id);
      if (failure === undefined) place.tell({ type: 'done', id: place.id });
      else place.tell({ type: 'failed', id: place.id, ...failure });
    } catch (error) {
      if (!control.signal.aborted) place.tell({ type: 'failed', id: place.id, ...failureOf(error) });
    } finally {
      stream?.close();
    }
  };
  void place.failures.attribute(place.id, read);
  return {
    stop() {
      control.abort();
      stream?.close();
    },
  };
}

function tellAudio({ frame, timedTranscripts = [] }: SynthesizedAudio, { id, tell }: RequestPlace): void {
  const tokens = timedTranscripts.map(({ text, startTime = 0, endTime = 0 }) => ({
    text: text.slice(0, LIMITS.pluginTextCharacters),
    startMs: startTime * 1_000,
    endMs: endTime * 1_000,
  }));
  if (tokens.length > 0) tell({ type: 'words', id, tokens });
  // A copy: the frame may lie within a larger buffer, all of which would go along.
  if (frame.data.length > 0) tell({ type: 'sound', id, rateHz: frame.sampleRate, pcm: mono(frame) });
}

function mono({ data, channels }: SynthesizedAudio['frame']): Int16Array<ArrayBuffer> {
  return Int16Array.from(channels === 1 ? data : data.filter((_, at) => at % channels === 0));
}
