import { writeSync } from 'node:fs';
import { llm, tts } from '@livekit/agents';
import { AudioFrame } from '@livekit/rtc-node';

// As plugins do that were tried out by hand.
process.stdout.write('{"type":"ready"}\n');
process.stderr.write('garbage \u0000\n');

interface Options {
  readonly apiKey?: string;
  readonly greeting?: string;
}

/** A model that does what its user says. */
export class LLM extends llm.LLM {
  readonly #options: Options;

  constructor(options: Options) {
    super();
    if (options.greeting === 'refuse') throw new Error('the secret word is walnut');
    this.#options = options;
  }

  label(): string {
    return 'faulty.LLM';
  }

  chat(options: Parameters<llm.LLM['chat']>[0]): llm.LLMStream {
    return new Obeying(this, this.#options, options);
  }
}

class Obeying extends llm.LLMStream {
  readonly #options: Options;

  constructor(model: LLM, options: Options, { chatCtx, connOptions }: Parameters<llm.LLM['chat']>[0]) {
    super(model, { chatCtx, connOptions: connOptions! });
    this.#options = options;
  }

  protected async run(): Promise<void> {
    const order =
      this.chatCtx.items.map(item => (item.type === 'message' ? item.textContent : '')).at(-1) ?? '';
    const say = (content: unknown) =>
      this.queue.put({ id: 'x', delta: { role: 'assistant', content: content as string } });
    if (order === 'pid') say(`${process.pid}`);
    else if (order === 'environment') say(JSON.stringify([this.#options, process.env]));
    else if (order === 'wait') {
      say('well');
      await new Promise(() => undefined);
    } else if (order === 'hang') {
      say('well');
      setTimeout(() => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0), 50);
      await new Promise(() => undefined);
    } else if (order === 'flood') {
      for (;;) {
        say('blah ');
        await new Promise(resolve => setImmediate(resolve));
        for (let i = 0; i < 500; i++) say('blah ');
      }
    } else if (order === 'nonsense') say(42);
    else if (order === 'channel') {
      process.send?.({ type: 'text', id: 0, text: 7 });
      // Past the front door: the channel's own descriptor.
      writeSync(Number(process.env.NODE_CHANNEL_FD ?? 3), 'garbage\n');
    } else if (order === 'leave behind') {
      void Promise.reject(new Error('nobody looks at this'));
      say('well');
    } else if (order === 'crash') {
      say('well');
      setTimeout(() => {
        throw new Error('nobody catches this');
      }, 20);
      await new Promise(() => undefined);
    } else if (order === 'long') say('x'.repeat(100_000));
    else if (order === 'longer') say('x'.repeat(200_000));
    else say(`you said ${order}`);
  }
}

const RATE_HZ = 22_050;

/** A voice with word times, half a second a word; one word of a sentence may change the rate. */
export class TTS extends tts.TTS {
  label = 'faulty.TTS';

  constructor() {
    super(RATE_HZ, 1, { streaming: true, alignedTranscript: true });
  }

  synthesize(): tts.ChunkedStream {
    throw new Error('it streams');
  }

  stream(options?: {
    connOptions?: ConstructorParameters<typeof tts.SynthesizeStream>[1];
  }): tts.SynthesizeStream {
    return new Beeping(this, options?.connOptions);
  }
}

class Beeping extends tts.SynthesizeStream {
  label = 'faulty.Beeping';

  protected async run(): Promise<void> {
    let text = '';
    for await (const part of this.input) if (typeof part === 'string') text += part;
    for (const [at, word] of text.split(' ').entries()) {
      const rateHz = word === 'faster' ? 2 * RATE_HZ : RATE_HZ;
      const samples = Int16Array.from({ length: rateHz / 2 }, (_, i) => 5_000 * Math.sin(i / 8));
      const times = { startTime: at / 2, endTime: (at + 1) / 2 };
      this.queue.put({
        requestId: 'x',
        segmentId: 'x',
        final: false,
        frame: new AudioFrame(samples, rateHz, 1, samples.length),
        timedTranscripts: [
          { text: word, ...times } as NonNullable<tts.SynthesizedAudio['timedTranscripts']>[number],
        ],
      });
    }
    this.queue.put(tts.SynthesizeStream.END_OF_STREAM);
  }
}
