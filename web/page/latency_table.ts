import { build } from './dom.ts';
import type { AnsweredBy, Latency, TakenOver } from './record_types.ts';

/** Steps of a turn, each counted from the caller's last sound. */
const STEPS = [
  'endOfTurnMs',
  'sttFinalMs',
  'firstTokenMs',
  'firstWordMs',
  'firstAudioMs',
  'firstFrameMs',
] as const;

/** Who brought a step about. */
const BY: Readonly<Partial<Record<(typeof STEPS)[number], 'heardBy' | 'thoughtBy' | 'spokenBy'>>> = {
  sttFinalMs: 'heardBy',
  firstTokenMs: 'thoughtBy',
  firstAudioMs: 'spokenBy',
};

/** From the caller's last sound to each step of the answer, with the provider of those that one brought about: a row for each turn and one for the medians. */
export class LatencyTable {
  readonly #body: HTMLTableSectionElement;
  readonly #foot: HTMLTableSectionElement;
  readonly #empty: HTMLElement;
  readonly #turns = new Map<number, Latency>();

  constructor(table: HTMLTableElement, empty: HTMLElement) {
    this.#body = table.createTBody();
    this.#foot = table.createTFoot();
    this.#empty = empty;
  }

  clear(): void {
    this.#turns.clear();
    this.#render();
  }

  add(latency: Latency): void {
    this.#turns.set(latency.turn, latency);
    this.#render();
    const scroller = this.#body.closest('.scroll');
    if (scroller !== null) scroller.scrollTop = scroller.scrollHeight;
  }

  /** Somebody went on with an answer that is in the table. */
  takenOver({ turn, thought, spoke }: TakenOver): void {
    const told = this.#turns.get(turn);
    if (told === undefined) return;
    const { thoughtBy, spokenBy } = told;
    this.#turns.set(turn, {
      ...told,
      ...(thoughtBy && { thoughtBy: { ...thoughtBy, wentOn: thought } }),
      ...(spokenBy && { spokenBy: { ...spokenBy, wentOn: spoke } }),
    });
    this.#render();
  }

  #render(): void {
    const turns = [...this.#turns.values()].toSorted((a, b) => a.turn - b.turn);
    this.#empty.hidden = turns.length > 0;
    this.#body.replaceChildren(
      ...turns.map(latency =>
        row(
          String(latency.turn),
          STEPS.map(step => delayTo(step, latency)),
          STEPS.map(step => byWhom(step, latency)),
        ),
      ),
    );
    const medians = STEPS.map(step => median(turns.flatMap(latency => delayTo(step, latency) ?? [])));
    this.#foot.replaceChildren(...(turns.length > 1 ? [row('Median', medians)] : []));
  }
}

/** Undefined where the turn had no such step. */
function delayTo(step: (typeof STEPS)[number], latency: Latency): number | undefined {
  const atMs = latency[step] ?? undefined;
  return atMs === undefined ? undefined : atMs - latency.lastSoundMs;
}

function byWhom(step: (typeof STEPS)[number], latency: Latency): AnsweredBy | undefined {
  const field = BY[step];
  return field === undefined ? undefined : (latency[field] ?? undefined);
}

function cell(delayMs: number | undefined, by: AnsweredBy | undefined): HTMLTableCellElement {
  const shown = build('td', '', delayMs === undefined ? '–' : String(Math.round(delayMs)));
  if (by === undefined) return shown;
  const { wentOn = [] } = by;
  const name = build('span', 'by', [by.provider, ...wentOn].join(' → '));
  const takeover = wentOn.length === 0 ? '' : `, then ${wentOn.join(', ')} went on with it`;
  name.title = `${by.provider}: ${Math.round(by.ms)} ms from when it was asked${takeover}`;
  shown.append(name);
  return shown;
}

function row(
  name: string,
  delaysMs: readonly (number | undefined)[],
  by: readonly (AnsweredBy | undefined)[] = [],
): HTMLTableRowElement {
  const head = build('th', '', name);
  head.scope = 'row';
  return build('tr', '', head, ...delaysMs.map((delayMs, at) => cell(delayMs, by[at])));
}

function median(values: readonly number[]): number | undefined {
  if (values.length === 0) return undefined;
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length / 2;
  const low = sorted[Math.ceil(middle) - 1] ?? 0;
  const high = sorted[Math.floor(middle)] ?? low;
  return (low + high) / 2;
}
