import { setTimeout as delay } from 'node:timers/promises';
import type { Test } from 'tap';
import { Admission } from '../../../src/calls/admission.ts';
import { Assignment } from '../../../src/calls/assignment.ts';
import { parseConfig } from '../../../src/config/load.ts';
import type { CallAssignment, Message, MessageOf } from '../../../src/ipc/messages.ts';
import { createLogger } from '../../../src/observe/log.ts';
import { Phone } from '../../../src/signalling/phone.ts';
import { Inbox, portForBoth } from '../../sip/transport/transport_rig.ts';

const MEDIA = 'media-0';
const TOLD_WITHIN_MS = 5000;

interface PhoneOptions {
  /** Of trunkline.yaml, beside `sip`. */
  readonly trunks?: string;
  /** Slots of the media process. */
  readonly slots?: number;
  /** False: it says that its ports are open when it is told to, by `ready`. */
  readonly isQuick?: boolean;
}

/** The edge's phone on real sockets of the loopback, with a media process that has no media. */
export class PhoneRig {
  readonly port: number;
  /** What the media process was told, in order. */
  readonly heard = new Inbox<Message>();
  /** Calls that it was given. */
  readonly calls: CallAssignment[] = [];
  /** What the control plane was told was turned away. */
  readonly turnedAway: Message[] = [];
  readonly admission = new Admission();
  /** Where there is media after all: what it is told. */
  media: (message: Message) => void = () => undefined;
  readonly #assignment: Assignment;
  readonly #phone: Phone;
  readonly #isQuick: boolean;

  private constructor(port: number, { trunks = '', slots = 10, isQuick = true }: PhoneOptions) {
    this.port = port;
    this.#isQuick = isQuick;
    this.admission.update(MEDIA, {
      calls: 0,
      unanswered: 0,
      maxCalls: slots,
      tickLatenessP99Ms: 0,
      draining: false,
      spoolFull: false,
      busyShare: 0,
      shed: [],
    });
    const log = createLogger('test', 'silent');
    const { admission } = this;
    this.#assignment = new Assignment({
      admission,
      send: (_, message) => this.#receive(message),
      after: later,
      log,
    });
    const config = parseConfig(`sip: {port: ${port}}\n${trunks}`, 'test', {});
    const tell = (message: Message): void => void this.turnedAway.push(message);
    const events = { append: () => undefined };
    this.#phone = new Phone({
      config,
      folder: '.',
      admission,
      assignment: this.#assignment,
      events,
      rooms: undefined,
      log,
      send: () => undefined,
      tell,
    });
  }

  static async open(t: Test, options: PhoneOptions = {}): Promise<PhoneRig> {
    const rig = new PhoneRig(await portForBoth(), options);
    await rig.#phone.listen();
    t.teardown(() => rig.#phone.close());
    return rig;
  }

  /** Calls that are not over. */
  get live(): number {
    return this.#phone.calls.count;
  }

  /** What a media process tells the edge. */
  fromMedia(message: Message): void {
    if (message.type === 'lineReady') this.#phone.calls.lineReady(message.callId);
    if (message.type === 'lineClosed') this.#phone.calls.lineClosed(message);
  }

  /** The ports of the last call are open. */
  ready(): void {
    this.#phone.calls.lineReady(this.#last);
  }

  /** The agent hangs up the last call. */
  hangUp(): void {
    this.#phone.calls.lineClosed({ callId: this.#last, reason: 'localHangup' });
  }

  /** The next of what the media process is told of this kind; what comes before is passed over. */
  async told<Type extends Message['type']>(type: Type): Promise<MessageOf<Type>> {
    for (;;) {
      const message = await Promise.race([
        this.heard.next(),
        delay(TOLD_WITHIN_MS, undefined, { ref: false }),
      ]);
      if (message === undefined) throw new Error(`the media process was not told ${type}`);
      if (isOf(message, type)) return message;
    }
  }

  /** The agent wants the caller of the last call put through by their own side. */
  refer(transferId: string, wish: Partial<Pick<MessageOf<'refer'>, 'to' | 'isWished'>> = {}): void {
    const to = { kind: 'number', number: '+15550111' } as const;
    this.#phone.calls.refer({ type: 'refer', callId: this.#last, transferId, isWished: true, to, ...wish });
  }

  get #last(): string {
    const call = this.calls.at(-1);
    if (call === undefined) throw new Error('nobody called');
    return call.callId;
  }

  #receive(message: Message): void {
    if (message.type === 'assign') {
      this.calls.push(message.call);
      if (this.#isQuick) queueMicrotask(() => this.#phone.calls.lineReady(message.call.callId));
    }
    if (message.type === 'lineGone') {
      const { callId } = message;
      queueMicrotask(() => this.#assignment.callEnded(callId, 'media-0', false, 'over'));
    }
    this.media(message);
    this.heard.put(message);
  }
}

function isOf<Type extends Message['type']>(message: Message, type: Type): message is MessageOf<Type> {
  return message.type === type;
}

function later(delayMs: number, action: () => void): () => void {
  const timer = setTimeout(action, delayMs);
  return () => clearTimeout(timer);
}
