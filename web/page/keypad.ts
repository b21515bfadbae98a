import { byId } from './dom.ts';

/** As many of the keys pressed last as there is room for. */
const SHOWN_KEYS = 16;

/**
 * The keys of a telephone: buttons, and the keyboard wherever in the panel of the call it is. Not beyond that: single
 * keys that act on a whole page get in the way of speech input (WCAG 2.2, 2.1.4).
 */
export class Keypad {
  readonly #group = byId('keypad', HTMLFieldSetElement);
  readonly #pressed = byId('keys-pressed', HTMLElement);
  readonly #buttons = new Map([...this.#group.querySelectorAll('button')].map(key => [key.value, key]));
  readonly #onKey: (key: string) => void;

  /** `onKey` is told each key: 0 to 9, * or #. */
  constructor(panel: HTMLElement, onKey: (key: string) => void) {
    this.#onKey = onKey;
    for (const [key, button] of this.#buttons) button.addEventListener('click', () => this.#press(key));
    panel.addEventListener('keydown', event => this.#typed(event));
  }

  /** In sight during a call, and usable while somebody is there to hear. */
  show(isCalling: boolean, isConnected: boolean): void {
    if (!isCalling) this.#pressed.textContent = '';
    this.#group.hidden = !isCalling;
    this.#group.disabled = !isConnected;
  }

  #typed({ key, repeat, ctrlKey, altKey, metaKey }: KeyboardEvent): void {
    if (repeat || ctrlKey || altKey || metaKey || this.#group.disabled || !this.#buttons.has(key)) return;
    this.#press(key);
  }

  #press(key: string): void {
    this.#pressed.textContent = `${this.#pressed.textContent}${key}`.slice(-SHOWN_KEYS);
    this.#onKey(key);
  }
}
