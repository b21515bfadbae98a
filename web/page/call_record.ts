import { type Api, ApiError } from './api.ts';
import { build, clock, spaced } from './dom.ts';
import type { Call, Cost, Quote, Recording, Slot } from './record_types.ts';

/** Shows what a call left behind: outcome, slots, quote, recording, and what its providers cost. */
export class CallRecord {
  readonly #api: Api;
  readonly #content: HTMLElement;
  readonly #empty: HTMLElement;
  /** Sound that the page holds for the player. */
  #soundUrl: string | undefined;

  constructor(api: Api, content: HTMLElement, empty: HTMLElement) {
    this.#api = api;
    this.#content = content;
    this.#empty = empty;
  }

  clear(): void {
    if (this.#soundUrl !== undefined) URL.revokeObjectURL(this.#soundUrl);
    this.#soundUrl = undefined;
    this.#content.replaceChildren();
    this.#empty.hidden = false;
  }

  show(call: Call): void {
    this.clear();
    this.#empty.hidden = true;
    this.#content.append(summary(call));
    if (call.recordings.length > 0) this.#content.append(this.#recordings(call));
    if (call.slots.length > 0) this.#content.append(section('Understood', slotList(call.slots)));
    // A quote is made anew when it changes and when it is booked: the last one counts.
    const quote = call.quotes.at(-1);
    if (quote !== undefined) this.#content.append(section('Quote', quoteTable(quote)));
    if (call.costs.length > 0) this.#content.append(section('Providers', costTable(call.costs)));
  }

  #recordings(call: Call): HTMLElement {
    const parts = call.recordings.map((recording, part) => {
      const player = build('div', 'player');
      if (recording.deletedAt !== null) {
        player.append(build('span', 'quiet', `Deleted on ${recording.deletedAt.slice(0, 10)}`));
        return player;
      }
      const button = build('button', 'button', `Play recording${part > 0 ? ` ${part + 1}` : ''}`);
      button.type = 'button';
      button.addEventListener('click', () => void this.#play(button, player, recording, call.callId));
      player.append(button, build('span', 'quiet', recordingFacts(recording)));
      return player;
    });
    return section('Recording', ...parts);
  }

  /** The key goes in a header, which a media element can't send: the page fetches the sound itself. */
  async #play(
    button: HTMLButtonElement,
    player: HTMLElement,
    recording: Recording,
    callId: string,
  ): Promise<void> {
    button.disabled = true;
    try {
      const answer = await this.#api.request(recording.url);
      if (this.#soundUrl !== undefined) URL.revokeObjectURL(this.#soundUrl);
      this.#soundUrl = URL.createObjectURL(await answer.blob());
      const audio = build('audio', '');
      audio.controls = true;
      audio.src = this.#soundUrl;
      audio.setAttribute('aria-label', 'Recording of the call');
      const link = build('a', 'button', 'Download');
      link.href = this.#soundUrl;
      link.download = `${callId}.wav`;
      player.replaceChildren(audio, link);
      audio.focus();
      // A browser that would not play of itself leaves that to its reader.
      await audio.play().catch(() => undefined);
    } catch (error) {
      button.disabled = false;
      const reason = error instanceof ApiError ? error.message : 'The recording could not be played.';
      player.replaceChildren(button, build('span', 'quiet', reason));
    }
  }
}

function section(title: string, ...content: HTMLElement[]): HTMLElement {
  return build('section', 'record-part', build('h3', '', title), ...content);
}

function summary(call: Call): HTMLElement {
  const facts: [string, string][] = [
    ['Started', new Date(call.startedAt).toLocaleString()],
    ['Lasted', call.durationMs === null ? '–' : clock(call.durationMs)],
    ['Ended as', spaced(call.state)],
    ['Outcome', call.outcome === null ? '–' : spaced(call.outcome)],
    ['Call', call.callId],
  ];
  return definitions(facts);
}

function slotList(slots: readonly Slot[]): HTMLElement {
  return definitions(
    slots.map(({ slot, value, confirmed }) => [
      spaced(slot),
      `${shown(value)}${confirmed ? '' : ' (not confirmed)'}`,
    ]),
  );
}

function shown(value: Slot['value']): string {
  if (typeof value === 'boolean') return value ? 'Yes' : 'No';
  return String(value);
}

function definitions(pairs: readonly (readonly [string, string])[]): HTMLElement {
  const list = build('dl', 'facts');
  for (const [name, value] of pairs) list.append(build('dt', '', name), build('dd', '', value));
  return list;
}

function quoteTable({ lines, totalCents, currency, distanceMiles, booked }: Quote): HTMLElement {
  const money = new Intl.NumberFormat('en-US', { style: 'currency', currency });
  const row = (label: string, cents: number) => {
    const head = build('th', '', label);
    head.scope = 'row';
    return build('tr', '', head, build('td', '', money.format(cents / 100)));
  };
  const body = build('tbody', '', ...lines.map(({ label, amountCents }) => row(label, amountCents)));
  const foot = build('tfoot', '', row('Total', totalCents));
  const note = `${distanceMiles.toFixed(1)} miles · ${booked ? 'booked' : 'not booked'}`;
  return build('div', '', build('table', 'quote', body, foot), build('p', 'quiet', note));
}

const ROLES = { stt: 'heard by', llm: 'thought of by', tts: 'spoken by', speech: 'heard and spoken by' };

function costRow(label: string, amounts: string, microUsd: number, about = ''): HTMLElement {
  const head = build('th', '', label);
  head.scope = 'row';
  return build('tr', '', head, build('td', '', amounts), build('td', '', `${about}${dollars(microUsd)}`));
}

function costTable(costs: readonly Cost[]): HTMLElement {
  const total = costs.reduce((sum, { costMicroUsd }) => sum + costMicroUsd, 0);
  const body = costs.map(cost =>
    costRow(
      `${spaced(ROLES[cost.kind])} ${cost.provider}`,
      amountsOf(cost),
      cost.costMicroUsd,
      cost.isEstimated ? '≈ ' : '',
    ),
  );
  const foot = build('tfoot', '', costRow('All providers', '', total));
  return build('table', 'quote', build('tbody', '', ...body), foot);
}

function amountsOf({ audioMs, characters, inputTokens, outputTokens }: Cost): string {
  const amounts = [
    audioMs === 0 ? '' : `${(audioMs / 60_000).toFixed(2)} min`,
    characters === 0 ? '' : `${characters} characters`,
    inputTokens + outputTokens === 0 ? '' : `${inputTokens} + ${outputTokens} tokens`,
  ];
  return amounts.filter(amount => amount !== '').join(', ');
}

/** A call costs cents, of which a turn is a small part. */
function dollars(microUsd: number): string {
  return `$${(microUsd / 1e6).toFixed(4)}`;
}

function recordingFacts({ durationMs, bytes }: Recording): string {
  const facts = [
    durationMs === null ? '' : clock(durationMs),
    bytes === null ? '' : `${(bytes / 1e6).toFixed(1)} MB`,
    'you left, agent right',
  ];
  return facts.filter(fact => fact !== '').join(' · ');
}
