import { build, clock } from './dom.ts';
import type { Turn } from './record_types.ts';

type Line = Pick<Turn, 'speaker' | 'turn' | 'text' | 'startMs'> & { readonly interrupted: boolean | null };

const SPEAKERS = { agent: 'Agent', caller: 'You' } as const;

/** What was said, in the order of speaking. */
export class Transcript {
  readonly #list: HTMLElement;
  readonly #empty: HTMLElement;
  readonly #lines = new Map<string, { startMs: number; element: HTMLElement }>();

  constructor(list: HTMLElement, empty: HTMLElement) {
    this.#list = list;
    this.#empty = empty;
  }

  clear(): void {
    this.#lines.clear();
    this.#list.replaceChildren();
    this.#empty.hidden = false;
  }

  /** A turn that is there already is replaced. */
  add(line: Line): void {
    if (line.text === '') return;
    const key = `${line.speaker} ${line.turn}`;
    const element = lineElement(line);
    this.#lines.get(key)?.element.remove();
    this.#lines.set(key, { startMs: line.startMs, element });
    const later = [...this.#lines.values()]
      .filter(({ startMs }) => startMs > line.startMs)
      .toSorted((a, b) => a.startMs - b.startMs)[0];
    this.#list.insertBefore(element, later?.element ?? null);
    this.#empty.hidden = true;
    this.#list.scrollTop = this.#list.scrollHeight;
  }
}

function lineElement({ speaker, text, startMs, interrupted }: Line): HTMLElement {
  const head = build(
    'p',
    'line-head',
    build('b', '', SPEAKERS[speaker]),
    ' ',
    build('span', '', clock(startMs)),
  );
  const words = build('p', 'line-text', text);
  const line = build('div', `line line-${speaker}`, head, words);
  if (interrupted === true) words.append(' ', build('span', 'tag', 'interrupted'));
  return line;
}
