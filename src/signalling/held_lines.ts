import type { PortRange } from '../../sip/rtp/port_range.ts';
import type { Address, MessageOf } from '../ipc/messages.ts';

export interface HeldLinesParts {
  readonly ports: Pick<PortRange, 'claim' | 'giveBack'>;
  /** A call of the trunk more or less. */
  count(trunk: string, change: 1 | -1): void;
  /** Monotonic milliseconds. */
  nowMs(): number;
}

type Line = Pick<MessageOf<'lineHeld'>, 'legId' | 'end' | 'port' | 'trunk'>;

/**
 * Lines of legs whose dialogs went with an edge before this one. Until their media processes have done with them, their
 * ports are no other call's, and they are calls of their trunks.
 */
export class HeldLines {
  readonly #parts: HeldLinesParts;
  readonly #lines = new Set<{ readonly line: Line; readonly media: Address }>();

  constructor(parts: HeldLinesParts) {
    this.#parts = parts;
  }

  /** A media process has this one. */
  hold(line: Line, media: Address): void {
    const { ports, count } = this.#parts;
    if (!ports.claim(line.port)) return;
    if (line.trunk !== null) count(line.trunk, 1);
    this.#lines.add({ line, media });
  }

  /** The media process has closed it. */
  closed({ legId, end }: Pick<Line, 'legId' | 'end'>): void {
    this.#release(({ line }) => line.legId === legId && line.end === end);
  }

  mediaGone(gone: Address): void {
    this.#release(({ media }) => media === gone);
  }

  #release(isOver: (held: { readonly line: Line; readonly media: Address }) => boolean): void {
    const { ports, count, nowMs } = this.#parts;
    for (const held of this.#lines) {
      if (!isOver(held)) continue;
      const { port, trunk } = held.line;
      this.#lines.delete(held);
      if (trunk !== null) count(trunk, -1);
      ports.giveBack(port, nowMs());
    }
  }
}
