import type { PipelineRateHz } from '../../pipeline/frame.ts';
import type { Message, MessageOf, TrunkAccess } from '../ipc/messages.ts';
import type { Line, LineEvents } from '../lines/line.ts';
import { TrunkLine, type TrunkLineOptions, type TrunkParts } from '../lines/trunk_line.ts';
import type { Logger } from '../observe/log.ts';
import { ReportQueue } from './report_queue.ts';

interface PhoneLegsOptions {
  readonly parts: TrunkParts;
  toEdge(message: Message): void;
  readonly log: Logger;
}

/** What the edge tells of a leg's signalling. */
type FromEdge = MessageOf<'lineAnswered' | 'lineChanged' | 'lineKey' | 'lineGone'>;

/** The phone legs of a media process, by call: their audio is here, their signalling at the edge. */
export class PhoneLegs {
  readonly #options: PhoneLegsOptions;
  readonly #legs = new Map<string, TrunkLine>();
  readonly #reports: ReportQueue;

  constructor(options: PhoneLegsOptions) {
    this.#options = options;
    this.#reports = new ReportQueue(options.toEdge);
  }

  open(
    callId: string,
    access: TrunkAccess & Pick<TrunkLineOptions, 'portsHeldMs'>,
    rateHz: PipelineRateHz,
    events: LineEvents,
  ): Line {
    const { parts, toEdge, log } = this.#options;
    const signals = {
      ready: () => toEdge({ type: 'lineReady', callId }),
      failed: (cause: string) => log.error({ callId, cause }, 'phone leg was not opened'),
      onReport: (direction: 'in' | 'out', bytes: Uint8Array) => this.#reports.put(callId, direction, bytes),
      closed: (reason: MessageOf<'lineClosed'>['reason']) => toEdge({ type: 'lineClosed', callId, reason }),
    };
    const line = new TrunkLine({ ...access, rateHz }, parts, signals, {
      answered: () => events.answered(),
      dtmf: (key, durationMs) => events.dtmf(key, durationMs),
      held: () => events.held(),
      resumed: () => events.resumed(),
      ended: reason => {
        this.#legs.delete(callId);
        events.ended(reason);
      },
    });
    this.#legs.set(callId, line);
    return line;
  }

  /** Of legs that are over, nothing is heard any more. */
  fromEdge(message: FromEdge): void {
    const leg = this.#legs.get(message.callId);
    if (leg === undefined) return;
    if (message.type === 'lineAnswered') leg.answered(message.stream);
    else if (message.type === 'lineChanged') leg.changed(message.stream);
    else if (message.type === 'lineKey') leg.key(message.key, message.durationMs);
    else leg.gone(message.reason);
  }
}
