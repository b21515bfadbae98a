import type { PipelineRateHz } from '../../pipeline/frame.ts';
import { LIMITS } from '../config/limits.ts';
import type { LegAccess, MessageOf } from '../ipc/messages.ts';
import type { Line, LineEndReason, LineEvents } from '../lines/line.ts';
import { openLink } from '../lines/link_line.ts';
import type { TrunkParts } from '../lines/trunk_line.ts';
import type { PhoneLegs } from './phone_legs.ts';

interface LegLinesParts {
  readonly phones: Pick<PhoneLegs, 'open'>;
  readonly trunks: TrunkParts;
  toEdge(message: MessageOf<'lineReady' | 'lineClosed'>): void;
}

/** Opens the lines of further legs; of a link the edge hears in the words in which it hears of a phone. */
export class LegLines {
  readonly #parts: LegLinesParts;
  /** Those that are open, by leg. */
  readonly #open = new Map<string, LegAccess>();

  constructor(parts: LegLinesParts) {
    this.#parts = parts;
  }

  /** @throws RangeError when there are too many already; then nothing was opened */
  open(legId: string, access: LegAccess, rateHz: PipelineRateHz, events: LineEvents): Line {
    if (this.#open.size >= LIMITS.legsPerMediaProcess) throw new RangeError('no line for a leg');
    const line = this.#openLine(legId, access, rateHz, {
      ...events,
      ended: reason => {
        this.#open.delete(legId);
        events.ended(reason);
      },
    });
    this.#open.set(legId, access);
    return line;
  }

  /** What the next edge is told of them. */
  held(): MessageOf<'lineHeld'>[] {
    return [...this.#open].map(([legId, access]) => {
      const trunk = access.kind === 'trunk' ? access.trunk : null;
      return { type: 'lineHeld', legId, end: 'leg', port: access.port, trunk };
    });
  }

  #openLine(legId: string, access: LegAccess, rateHz: PipelineRateHz, events: LineEvents): Line {
    const { phones, trunks, toEdge } = this.#parts;
    const closed = (reason: LineEndReason): void => toEdge({ type: 'lineClosed', callId: legId, reason });
    if (access.kind === 'trunk')
      return phones.open(legId, access, rateHz, {
        ...events,
        ended: reason => {
          // It could not be opened, which no line tells but by its end.
          if (reason === 'rejected') closed(reason);
          events.ended(reason);
        },
      });
    return openLink({ ...access, rateHz }, trunks, {
      ...events,
      answered: () => {
        toEdge({ type: 'lineReady', callId: legId });
        events.answered();
      },
      ended: reason => {
        closed(reason);
        events.ended(reason);
      },
    });
  }
}
