import type { Api } from './api.ts';
import { build, clock, spaced } from './dom.ts';
import type { CallSummary } from './record_types.ts';

const SHOWN = 8;
const LINES = { room: 'Room', trunk: 'Phone', stream: 'Stream', chat: 'Chat' } as const;

/** The latest calls of the node, each a button that shows its record. */
export class RecentCalls {
  readonly #api: Api;
  readonly #list: HTMLElement;
  readonly #empty: HTMLElement;
  readonly #onChosen: (callId: string) => void;

  constructor(api: Api, list: HTMLElement, empty: HTMLElement, onChosen: (callId: string) => void) {
    this.#api = api;
    this.#list = list;
    this.#empty = empty;
    this.#onChosen = onChosen;
  }

  /** @throws ApiError */
  async refresh(): Promise<readonly CallSummary[]> {
    const { calls } = await this.#api.json<{ calls: CallSummary[] }>(`/api/calls?limit=${SHOWN}`);
    this.#empty.hidden = calls.length > 0;
    this.#list.replaceChildren(...calls.map(call => build('li', '', this.#button(call))));
    return calls;
  }

  #button(call: CallSummary): HTMLElement {
    const { callId, startedAt, durationMs, outcome, state, lineKind } = call;
    const when = new Date(startedAt).toLocaleString(undefined, {
      month: 'short',
      day: 'numeric',
      hour: '2-digit',
      minute: '2-digit',
    });
    const facts = [lineKind === null ? '' : LINES[lineKind], durationMs === null ? '' : clock(durationMs)];
    const button = build(
      'button',
      'recent-call',
      build('span', 'recent-when', when),
      build('span', 'recent-outcome', spaced(outcome ?? state)),
      build('span', 'quiet', facts.filter(fact => fact !== '').join(' · ')),
    );
    button.type = 'button';
    button.addEventListener('click', () => this.#onChosen(callId));
    return button;
  }
}
