import type { Test } from 'tap';
import { Admission } from '../../src/calls/admission.ts';
import { Assignment } from '../../src/calls/assignment.ts';
import { parseConfig } from '../../src/config/load.ts';
import type { CallAssignment, Message, MessageOf } from '../../src/ipc/messages.ts';
import { createLogger } from '../../src/observe/log.ts';
import { Phone as Edge } from '../../src/signalling/phone.ts';
import { portForBoth } from '../sip/transport/transport_rig.ts';

export const MEDIA = 'media-0';

/** The phone of an edge, and what it tells its media process. */
export class EdgeRig {
  readonly port: number;
  readonly told: Message[] = [];
  readonly assignment: Assignment;
  readonly edge: Edge;

  private constructor(port: number, trunks: string) {
    this.port = port;
    const admission = new Admission();
    const load = {
      calls: 0,
      unanswered: 0,
      maxCalls: 9,
      tickLatenessP99Ms: 0,
      draining: false,
      spoolFull: false,
      busyShare: 0,
      shed: [],
    };
    admission.update(MEDIA, load);
    const log = createLogger('edge', 'silent');
    const send = (_: string, message: Message) => this.told.push(message);
    this.assignment = new Assignment({ admission, send, after: () => () => undefined, log });
    this.edge = new Edge({
      config: parseConfig(`sip: {port: ${port}}\n${trunks}`, 'test', {}),
      folder: '.',
      admission,
      assignment: this.assignment,
      events: { append: () => undefined },
      rooms: undefined,
      log,
      send: () => undefined,
      tell: () => undefined,
    });
  }

  /** @param trunks the section of the configuration */
  static async open(t: Test, trunks = ''): Promise<EdgeRig> {
    const rig = new EdgeRig(await portForBoth(), trunks);
    await rig.edge.listen();
    t.teardown(() => rig.edge.close());
    return rig;
  }

  async next<T extends Message['type']>(type: T): Promise<MessageOf<T>> {
    for (;;) {
      const found = this.told.find((message): message is MessageOf<T> => message.type === type);
      if (found !== undefined) return found;
      await new Promise(resolve => setTimeout(resolve, 5));
    }
  }
}

export async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise(resolve => setTimeout(resolve, 5));
}

export function held(
  call: CallAssignment,
  snapshot: string,
  more: Partial<MessageOf<'dialogHeld'>> = {},
): MessageOf<'dialogHeld'> {
  return { type: 'dialogHeld', call, snapshot, isReady: true, checkpoint: null, closed: null, ...more };
}
