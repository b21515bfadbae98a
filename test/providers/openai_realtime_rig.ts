import { createOpenAiRealtimeStt } from '../../src/providers/stt/openai_realtime.ts';
import { OpenAiRealtimeServer, type RealtimeFault } from './servers/openai_realtime.ts';
import type { ScriptCue, ScriptedWord, SpeechFault } from './servers/scripted_words.ts';
import { KEY, type ServerControls, type StreamingSttRig, scriptedRig } from './streaming_stt_rig.ts';

/** At 24 kHz; before it the filter of the way there has not settled. */
const SETTLED_SAMPLES = 600;
const DELTA_MS = 100;

/** The Realtime API as the checks of all recognisers that stream drive it. */
class Controls implements ServerControls {
  readonly #server: OpenAiRealtimeServer;
  script: (cue: ScriptCue) => readonly ScriptedWord[] = () => [];
  idleMs = 0;
  rates: readonly number[] = [];
  #order = 0;

  constructor(server: OpenAiRealtimeServer) {
    this.#server = server;
    server.answerTo = head => {
      const settled = head.slice(SETTLED_SAMPLES);
      const words = this.script({ order: this.#order++, connection: 0, head: settled });
      const deltas: string[] = [];
      for (const [at, { word, endMs }] of words.entries())
        deltas[Math.ceil(endMs / DELTA_MS) - 1] = at === 0 ? word : ` ${word}`;
      return {
        text: words.map(({ word }) => word).join(' '),
        deltas: Array.from(deltas, delta => delta ?? ''),
      };
    };
  }

  get url(): string {
    return this.#server.url;
  }

  get openConnections(): number {
    return this.#server.open;
  }

  get requests(): readonly { readonly url: string }[] {
    return Array.from({ length: this.#server.handshakes }, () => ({ url: this.url }));
  }

  /** As if at 16 kHz, as it came. */
  get audioBytes(): number {
    return (this.#server.audioBytes * 16) / 24;
  }

  set finalDelayMs(delayMs: () => number) {
    this.#server.delayMs = delayMs;
  }

  set fault(fault: (connection: number) => SpeechFault | undefined) {
    const told = fault(0);
    this.#server.fault = told && faultOf(told);
  }

  killAll(): void {
    this.#server.cut();
  }

  close(): Promise<void> {
    return this.#server.close();
  }
}

function faultOf(fault: SpeechFault): RealtimeFault {
  switch (fault.type) {
    case 'status': {
      const after = fault.headers?.['Retry-After'];
      return { ...fault, ...(after === undefined ? {} : { retryAfterS: Number(after) }) };
    }
    case 'noHandshake':
      return { type: 'deaf' };
    case 'mute':
    case 'stall':
      return { type: fault.at === 'audio' ? 'mute' : 'silent' };
    case 'text':
      return { type: 'sent', at: fault.at, message: fault.text };
    case 'bytes':
      return { type: 'sent', at: fault.at, message: fault.bytes };
    case 'truncate':
      return { type: 'garbage' };
    case 'kill':
      return { type: fault.at === 'audio' ? 'killedInMidUtterance' : 'killed' };
    case 'close':
      return { type: 'closed', code: fault.code };
  }
}

export const OPENAI_REALTIME_RIG: StreamingSttRig = scriptedRig(
  'openai',
  async () => new Controls(await new OpenAiRealtimeServer(KEY).start()),
  ({ url, apiKey, times: { finalMs, silentMs, stalledMs, idleMs } }) =>
    createOpenAiRealtimeStt({
      name: 'openai',
      url,
      apiKey,
      limits: {
        ...(finalMs === undefined ? {} : { finalMs }),
        ...(silentMs === undefined ? {} : { silentMs }),
        ...(stalledMs === undefined ? {} : { stalledMs }),
        ...(idleMs === undefined ? {} : { idleMs }),
      },
    }),
);
