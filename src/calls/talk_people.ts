import { randomUUID } from 'node:crypto';
import type { PersonLeg, PersonLine, PersonNews } from '../agent/ports.ts';
import type { Config } from '../config/schema.ts';
import type { LegWish } from '../ipc/messages.ts';
import type { LegFact, PersonOrder } from './bridge_legs.ts';

interface TalkPeopleParts {
  readonly people: Config['people'];
  order(order: PersonOrder): void;
  /** For the record. */
  told(legId: string, text: string): void;
  /** The same, when what is running has come to its end. */
  soon(action: () => void): void;
}

/** The reasons for which a leg ends that a workflow may want to know of. */
const WHY: Readonly<Record<string, PersonNews>> = {
  busy: 'busy',
  declined: 'declined',
  noAnswer: 'noAnswer',
};

/** The people whom one call's workflow wants, on the talk thread. */
export class TalkPeople implements PersonLine {
  readonly #parts: TalkPeopleParts;
  readonly #told = new Map<string, (news: PersonNews) => void>();
  readonly #answered = new Set<string>();

  constructor(parts: TalkPeopleParts) {
    this.#parts = parts;
  }

  call(person: string, told: (news: PersonNews) => void): PersonLeg {
    const { people, order, soon, told: record } = this.#parts;
    const legId = randomUUID();
    const to = Object.hasOwn(people, person) ? people[person] : undefined;
    this.#told.set(legId, told);
    if (to === undefined) soon(() => this.refused(legId));
    else order({ do: 'call', person, leg: { legId, mode: 'bridge', keepAgent: true, to: wishOf(to) } });
    return {
      join: () => order({ do: 'join', legId }),
      drop: () => {
        this.#forget(legId);
        order({ do: 'drop', legId });
      },
      told: text => record(legId, text),
    };
  }

  /** What becomes of a leg of the call, whoever wanted it. */
  leg({ type, detail }: LegFact): void {
    const told = this.#told.get(detail.leg);
    if (type === 'leg.answered') {
      this.#answered.add(detail.leg);
      told?.('answered');
    } else if (type === 'leg.removed') {
      const news = this.#answered.has(detail.leg) ? 'left' : (WHY[detail.reason] ?? 'failed');
      this.#forget(detail.leg);
      told?.(news);
    }
  }

  /** The edge does not call them. */
  refused(legId: string): void {
    const told = this.#told.get(legId);
    this.#forget(legId);
    told?.('failed');
  }

  #forget(legId: string): void {
    this.#told.delete(legId);
    this.#answered.delete(legId);
  }
}

function wishOf({ number, room, trunk, callerNumber }: Config['people'][string]): LegWish['to'] {
  if (number === undefined) return { kind: 'room', room: room ?? '' };
  return {
    kind: 'number',
    number,
    ...(trunk !== undefined && { trunk }),
    ...(callerNumber !== undefined && { callerNumber }),
  };
}
