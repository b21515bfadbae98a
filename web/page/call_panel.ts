import { ApiError } from './api.ts';
import { CallFailure } from './browser_call.ts';
import { byId, clock, spaced } from './dom.ts';
import { Keypad } from './keypad.ts';

export type CallState = 'idle' | 'starting' | 'waiting' | 'live' | 'reconnecting';

const STATUS: Readonly<Record<CallState, string>> = {
  idle: 'Ready to call',
  starting: 'Joining the room …',
  waiting: 'Waiting for the agent …',
  live: 'Connected',
  reconnecting: 'The connection is lost; trying again …',
};

/** The part of the page with the buttons: shows the state of the call and what went wrong. */
export class CallPanel {
  readonly workflow = byId('workflow', HTMLSelectElement);
  readonly callButton = byId('call', HTMLButtonElement);
  readonly muteButton = byId('mute', HTMLButtonElement);
  readonly hangUpButton = byId('hang-up', HTMLButtonElement);
  readonly #panel = byId('call-panel', HTMLElement);
  readonly #keypad: Keypad;
  readonly #status = byId('call-status', HTMLElement);
  readonly #agent = byId('agent-activity', HTMLElement);
  readonly #timer = byId('call-timer', HTMLElement);
  readonly #alert = byId('alert', HTMLElement);
  readonly #alertText = byId('alert-text', HTMLElement);
  readonly #alertRemedy = byId('alert-remedy', HTMLElement);
  #liveSinceMs = 0;
  #ticking: ReturnType<typeof setInterval> | undefined;

  /** `onKey` is told each telephone key that is pressed: 0 to 9, * or #. */
  constructor(onKey: (key: string) => void) {
    this.#keypad = new Keypad(this.#panel, onKey);
    byId('alert-close', HTMLButtonElement).addEventListener('click', () => this.clearAlert());
  }

  show(state: CallState, note = STATUS[state]): void {
    this.#panel.dataset.state = state;
    this.#status.textContent = note;
    const calling = state !== 'idle';
    const focused = document.activeElement;
    this.callButton.hidden = calling;
    this.workflow.disabled = calling;
    this.muteButton.hidden = !calling;
    this.hangUpButton.hidden = !calling;
    this.muteButton.disabled = state === 'starting';
    this.#keypad.show(calling, state === 'live');
    // Keyboards stay where the call is: from a button that is of no use any more the focus goes to the one that is.
    const isLost = focused?.closest('[hidden]') !== null || focused.matches(':disabled');
    if (this.#panel.contains(focused) && isLost) (calling ? this.hangUpButton : this.callButton).focus();
    if (state === 'live') this.#startTimer();
    if (state === 'idle') this.#stopTimer();
  }

  offerWorkflows(names: readonly string[], first: string): void {
    this.workflow.replaceChildren(
      ...names.map(name => new Option(spaced(name), name, name === first, name === first)),
    );
  }

  showMuted(muted: boolean): void {
    this.muteButton.setAttribute('aria-pressed', String(muted));
    this.muteButton.textContent = muted ? 'Unmute' : 'Mute';
  }

  /** Beside its meter; not read out, the agent's voice is. */
  showAgent(activity: string): void {
    if (this.#agent.textContent !== activity) this.#agent.textContent = activity;
  }

  alert(error: unknown): void {
    const known = error instanceof ApiError || error instanceof CallFailure;
    this.#alertText.textContent = known ? error.message : 'Something went wrong on this page.';
    this.#alertRemedy.textContent = known ? error.remedy : 'Load it again.';
    this.#alert.hidden = false;
    if (!known) console.error(error);
  }

  clearAlert(): void {
    this.#alert.hidden = true;
  }

  #startTimer(): void {
    if (this.#ticking !== undefined) return;
    this.#liveSinceMs = performance.now();
    const tick = (): void => {
      this.#timer.textContent = clock(performance.now() - this.#liveSinceMs);
    };
    tick();
    this.#ticking = setInterval(tick, 500);
  }

  #stopTimer(): void {
    clearInterval(this.#ticking);
    this.#ticking = undefined;
    this.#timer.textContent = '';
  }
}
