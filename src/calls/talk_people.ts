import { randomUUID } from 'node:crypto';
import type { PersonLeg, PersonLine, PersonNews } from '../agent/ports.ts';
import type { Config } from '../config/schema.ts';
import type { LegWish, MessageOf } from '../ipc/messages.ts';
import type { LegFact, PersonOrder } from './bridge_legs.ts';

interface TalkPeopleParts {
  readonly people: Config['people'];
  /** Whether the call has a far end that can be asked to call somebody (REFER). */
  readonly isPhone: boolean;
  order(order: PersonOrder): void;
  /** For the record. */
  told(legId: string, text: string): void;
  /** The same, when what is running has come to its end. */
  soon(action: () => void): void;
}

/** The reasons for which a leg or a transfer ends that a workflow may want to know of. */
const WHY: Readonly<Record<string, PersonNews>> = {
  busy: 'busy',
  declined: 'declined',
  noAnswer: 'noAnswer',
  taken: 'taken',
};

type Configured = Config['people'][string];

/** Somebody who is called, by a leg or a transfer with this id. */
interface Called {
  readonly person: string;
  readonly to: Configured;
  readonly told: (news: PersonNews) => void;
  id: string;
  isReferred: boolean;
  isAnswered: boolean;
}

/** The people whom one call's workflow wants, on the talk thread. */
export class TalkPeople implements PersonLine {
  readonly #parts: TalkPeopleParts;
  readonly #called = new Map<string, Called>();

  constructor(parts: TalkPeopleParts) {
    this.#parts = parts;
  }

  call(person: string, told: (news: PersonNews) => void): PersonLeg {
    const { people, isPhone, order, soon, told: record } = this.#parts;
    const to = Object.hasOwn(people, person) ? people[person] : undefined;
    const called = { person, told, to: to ?? {}, id: randomUUID(), isReferred: false, isAnswered: false };
    this.#called.set(called.id, called);
    const isReferred = isPhone && mayBeReferred(called.to);
    if (to === undefined || (to.uri !== undefined && !isReferred)) soon(() => this.#over(called, 'failed'));
    else if (isReferred) this.#refer(called);
    else this.#bridge(called);
    return {
      join: () => order({ do: 'join', legId: called.id }),
      drop: () => {
        this.#called.delete(called.id);
        order({ do: 'drop', legId: called.id });
      },
      told: text => record(called.id, text),
    };
  }

  /** What becomes of a leg or a transfer of the call, whoever wanted it. */
  leg({ type, detail }: LegFact): void {
    const called = this.#called.get('leg' in detail ? detail.leg : detail.transfer);
    if (called === undefined) return;
    if (type === 'leg.answered') {
      called.isAnswered = true;
      called.told('answered');
    } else if (type === 'leg.removed')
      this.#over(called, called.isAnswered ? 'left' : (WHY[detail.reason] ?? 'failed'));
    else if (type === 'transfer.ended') {
      // Whoever knows no transfers, or does none, has called nobody.
      if (detail.result === 'refused') this.refused(called.id);
      else this.#over(called, WHY[detail.result] ?? 'failed');
    }
  }

  /** The edge does not call them, or not in this way. */
  refused(id: string): void {
    const called = this.#called.get(id);
    if (called === undefined) return;
    this.#called.delete(id);
    if (!called.isReferred || called.to.number === undefined) {
      called.told('failed');
      return;
    }
    called.id = randomUUID();
    this.#called.set(called.id, called);
    this.#bridge(called);
  }

  #refer(called: Called): void {
    const { id: transferId, person, to } = called;
    called.isReferred = true;
    const target = referTo(to);
    this.#parts.order({ do: 'refer', person, transferId, isWished: isReferWished(to), to: target });
  }

  #bridge(called: Called): void {
    const { id: legId, person, to } = called;
    called.isReferred = false;
    this.#parts.order({
      do: 'call',
      person,
      leg: { legId, mode: 'bridge', keepAgent: true, to: wishOf(to) },
    });
  }

  #over({ id, told }: Called, news: PersonNews): void {
    this.#called.delete(id);
    told(news);
  }
}

/** Unless it is said how, the caller's trunk says so, which the edge knows. */
function mayBeReferred({ room, by }: Configured): boolean {
  return room === undefined && by !== 'bridge';
}

function isReferWished({ by, uri }: Configured): boolean {
  return by === 'refer' || uri !== undefined;
}

function referTo({ number = '', uri }: Configured): MessageOf<'refer'>['to'] {
  return uri === undefined ? { kind: 'number', number } : { kind: 'uri', uri };
}

function wishOf({ number, room, trunk, callerNumber }: Configured): LegWish['to'] {
  if (number === undefined) return { kind: 'room', room: room ?? '' };
  return {
    kind: 'number',
    number,
    ...(trunk !== undefined && { trunk }),
    ...(callerNumber !== undefined && { callerNumber }),
  };
}
