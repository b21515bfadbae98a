import { Mouth } from '../../bench/caller/mouth.ts';
import { wordsOf } from '../../bench/caller/slot_speech.ts';
import type { Codec } from '../../bench/wire/codec.ts';
import { SoundDetector } from '../../bench/wire/onset.ts';
import { RtpSession } from '../../bench/wire/rtp_session.ts';
import { readSdp } from '../../bench/wire/sdp.ts';
import type { SipRequest } from '../../bench/wire/sip_message.ts';
import type { LoadedFlow } from '../../src/workflow/load.ts';
import type { FlowState, Heard } from '../../src/workflow/types.ts';
import { demodulate, modulate } from './modem.ts';
import { Phone } from './phone.ts';

export interface AgentOptions {
  readonly flow: LoadedFlow;
  readonly codec: Codec;
  readonly todayIso: string;
  /** What the agent makes of the caller's words. */
  readonly understand?: (text: string) => string;
  /** Stops speaking when the caller begins. */
  readonly interruptible?: boolean;
}

const END_OF_TURN_MS = 120;

/** A phone that is answered by a workflow, speaking and hearing in modem tones. */
export class Agent {
  readonly phone: Phone;
  /** What it said and heard. */
  readonly log: string[] = [];
  state: FlowState;
  readonly #options: AgentOptions;
  #mouth: Mouth | undefined;
  #rtp: RtpSession | undefined;
  #heard: Int16Array[] = [];

  private constructor(phone: Phone, options: AgentOptions) {
    this.phone = phone;
    this.#options = options;
    this.state = options.flow.initial;
  }

  static async start(options: AgentOptions): Promise<Agent> {
    const holder: { agent?: Agent } = {};
    const phone = await Phone.start((self, request) => holder.agent?.receive(self, request));
    holder.agent = new Agent(phone, options);
    return holder.agent;
  }

  receive(phone: Phone, request: SipRequest): void {
    if (request.method === 'ACK') return;
    if (request.method === 'INVITE' && this.#rtp === undefined) this.#answer(request);
    phone.respond(request, 200, 'OK', request.method === 'INVITE' ? phone.sdp(this.#options.codec) : '');
    if (request.method === 'BYE') this.close();
  }

  close(): void {
    this.#rtp?.close();
  }

  #answer(request: SipRequest): void {
    const { codec } = this.#options;
    const mouth = new Mouth({ rateHz: codec.rateHz, noiseDbfs: undefined });
    const ears = new SoundDetector(
      { rateHz: codec.rateHz, hangMs: END_OF_TURN_MS },
      {
        started: () => {
          if (this.#options.interruptible === true) mouth.stop();
        },
        ended: () => this.#take(this.#heard.splice(0)),
      },
    );
    const clockStartMs = performance.now();
    this.#mouth = mouth;
    this.#rtp = new RtpSession(this.phone.media, readSdp(request.body, [codec]), {
      source: mouth.source,
      sent: (pcm, atMs) => {
        mouth.sent(pcm, atMs - clockStartMs);
        ears.advance(atMs - clockStartMs);
      },
      received: (pcm, atMs) => {
        this.#heard.push(pcm);
        while (!ears.sounding && this.#heard.length > 5) this.#heard.shift();
        ears.write(pcm, atMs - clockStartMs);
      },
    });
    this.#rtp.start();
    this.#step({ type: 'start' });
  }

  #take(heard: readonly Int16Array[]): void {
    const pcm = Int16Array.from(heard.flatMap(part => [...part]));
    const said = demodulate(pcm, this.#options.codec.rateHz);
    const text = wordsOf((this.#options.understand ?? (words => words))(said)).join(' ');
    this.log.push(`< ${text}`);
    this.#step({ type: 'speech', text, confidence: 1, alternatives: [] });
  }

  #step(heard: Heard): void {
    const { flow, todayIso, codec } = this.#options;
    if (this.state.done) return;
    const step = flow.next(this.state, heard, { todayIso });
    this.state = step.state;
    const text = step.say.join(' ');
    this.log.push(`> ${text}`);
    void this.#mouth!.say(modulate(text, codec.rateHz)).then(() => {
      if (this.state.done && this.log.at(-1) === `> ${text}`) this.phone.ask('BYE');
    });
  }
}
