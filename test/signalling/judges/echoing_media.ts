import type { Test } from 'tap';
import { createFrame } from '../../../pipeline/frame.ts';
import { loadKernels } from '../../../pipeline/kernels/load.ts';
import { PolledSockets } from '../../../sip/rtp/polled_sockets.ts';
import { SendSpread } from '../../../sip/rtp/send_spread.ts';
import { eventSockets } from '../../../sip/rtp/socket_pair.ts';
import { MediaClock } from '../../../src/calls/media_clock.ts';
import { PhoneLegs } from '../../../src/calls/phone_legs.ts';
import type { Message } from '../../../src/ipc/messages.ts';
import type { Line } from '../../../src/lines/line.ts';
import { createLogger } from '../../../src/observe/log.ts';
import { KERNEL_FOLDER } from '../../pipeline/kernels/legs.ts';
import { Inbox } from '../../sip/transport/transport_rig.ts';

const SLOTS = 4;

/** The phone legs of a media process on its clock: callers hear themselves, and what they press is written down. */
export class EchoingMedia {
  readonly keys = new Inbox<string>();
  readonly #legs: PhoneLegs;
  readonly #lines = new Set<Line>();
  readonly #frame = createFrame(8000);

  private constructor(legs: PhoneLegs) {
    this.#legs = legs;
  }

  static async open(t: Test, toEdge: (message: Message) => void): Promise<EchoingMedia> {
    const spread = new SendSpread();
    const sockets = PolledSockets.open() ?? eventSockets;
    const parts = { kernels: await loadKernels(KERNEL_FOLDER, { leg: SLOTS }), spread, sockets };
    const legs = new PhoneLegs({ parts, toEdge, log: createLogger('test', 'silent') });
    const media = new EchoingMedia(legs);
    const clock = new MediaClock();
    clock.add({ tick: () => spread.startTick(), skip: () => undefined });
    clock.add({ tick: () => sockets.poll(), skip: () => undefined });
    clock.add({ tick: () => media.#echo(), skip: () => undefined });
    clock.start();
    spread.start();
    t.teardown(() => {
      clock.stop();
      spread.stop();
    });
    return media;
  }

  receive(message: Message): void {
    if (message.type === 'assign' && message.call.line.kind === 'trunk') {
      const line = this.#legs.open(message.call.callId, message.call.line, 8000, {
        answered: () => void this.#lines.add(line),
        dtmf: key => this.keys.put(key),
        held: () => undefined,
        resumed: () => undefined,
        ended: () => void this.#lines.delete(line),
      });
    } else if (
      message.type === 'lineAnswered' ||
      message.type === 'lineChanged' ||
      message.type === 'lineKey' ||
      message.type === 'lineGone'
    ) {
      this.#legs.fromEdge(message);
    }
  }

  #echo(): void {
    for (const line of this.#lines) {
      line.pull(this.#frame);
      line.push(this.#frame);
    }
  }
}
