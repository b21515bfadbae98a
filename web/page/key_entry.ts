import type { Api } from './api.ts';
import { byId } from './dom.ts';

/** Asks for the node's key. A key may also come behind the # of the address, which no server sees. */
export class KeyEntry {
  readonly #api: Api;
  readonly #dialog = byId('key-dialog', HTMLDialogElement);
  readonly #input = byId('key', HTMLInputElement);
  readonly #problem = byId('key-problem', HTMLElement);

  constructor(api: Api, onKey: () => void) {
    this.#api = api;
    this.#dialog.addEventListener('cancel', event => event.preventDefault());
    byId('key-form', HTMLFormElement).addEventListener('submit', event => {
      event.preventDefault();
      this.#api.setKey(this.#input.value.trim());
      onKey();
    });
    byId('forget-key', HTMLButtonElement).addEventListener('click', () => {
      this.#api.forgetKey();
      location.reload();
    });
    const given = new URLSearchParams(location.hash.slice(1)).get('key');
    if (given !== null) {
      this.#api.setKey(given);
      history.replaceState(null, '', location.pathname);
    }
  }

  ask(): void {
    this.#problem.hidden = true;
    if (!this.#dialog.open) this.#dialog.showModal();
  }

  refused(): void {
    this.#api.forgetKey();
    this.ask();
    this.#problem.hidden = false;
    this.#input.select();
  }

  accepted(): void {
    this.#input.value = '';
    this.#dialog.close();
  }
}
