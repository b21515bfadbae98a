import type { Api } from './api.ts';
import { build } from './dom.ts';
import type { Percentiles, ProviderTurns } from './record_types.ts';

const ROLES: Readonly<Record<ProviderTurns['role'], string>> = {
  heard: 'Heard by',
  thought: 'Thought of by',
  spoke: 'Spoken by',
};
const SHARES = ['p50', 'p90', 'p95', 'p99'] as const;

/** How each provider did in the turns of the calls of some days: its own answers, and the callers' wait in these turns. */
export class ProviderTable {
  readonly #api: Api;
  readonly #body: HTMLTableSectionElement;
  readonly #scroller: HTMLElement;
  readonly #empty: HTMLElement;
  readonly #days: HTMLSelectElement;
  /** Of the days that were asked for last, whatever comes in between. */
  #asked = 0;

  constructor(
    api: Api,
    parts: {
      readonly table: HTMLTableElement;
      readonly empty: HTMLElement;
      readonly days: HTMLSelectElement;
      readonly onFail: (error: unknown) => void;
    },
  ) {
    this.#api = api;
    this.#body = parts.table.createTBody();
    this.#scroller = parts.table.closest<HTMLElement>('.scroll') ?? parts.table;
    this.#empty = parts.empty;
    this.#days = parts.days;
    this.#days.addEventListener('change', () => void this.refresh().catch(parts.onFail));
    this.#show([]);
  }

  /** @throws ApiError */
  async refresh(): Promise<void> {
    this.#asked += 1;
    const asked = this.#asked;
    const days = encodeURIComponent(this.#days.value);
    const { providers } = await this.#api.json<{ providers: ProviderTurns[] }>(
      `/api/providers/latencies?days=${days}`,
    );
    if (asked === this.#asked) this.#show(providers);
  }

  #show(providers: readonly ProviderTurns[]): void {
    const roles = Object.keys(ROLES);
    const sorted = providers.toSorted((a, b) => roles.indexOf(a.role) - roles.indexOf(b.role));
    this.#empty.hidden = sorted.length > 0;
    this.#scroller.hidden = sorted.length === 0;
    this.#body.replaceChildren(...sorted.map(row));
  }
}

function row({ role, provider, turns, answerMs, voiceToVoiceMs }: ProviderTurns): HTMLTableRowElement {
  const head = build('th', '', build('span', 'by', ROLES[role]), provider);
  head.scope = 'row';
  const counted = build('td', '', String(turns));
  return build('tr', '', head, counted, ...cells(answerMs), ...cells(voiceToVoiceMs));
}

function cells(percentiles: Percentiles): HTMLTableCellElement[] {
  return SHARES.map(share => build('td', '', String(Math.round(percentiles[share]))));
}
