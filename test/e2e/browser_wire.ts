import { readFileSync } from 'node:fs';
import { transformSync } from 'amaro';
import type { Page } from 'playwright-core';
import type { Wire, WireEnds } from '../../bench/caller/conversation.ts';

const RATE_HZ = 16_000;
const CLICK_MS = 5000;
const MICROPHONE = new URL('in_page/microphone.ts', import.meta.url);

/** A call from the tester page of a node: its buttons are pressed, its microphone spoken into, its loudspeaker heard. */
export class BrowserWire implements Wire {
  readonly codec = { rateHz: RATE_HZ } as const;
  readonly #page: Page;
  readonly #ends: WireEnds;
  readonly #audio: ReturnType<WireEnds['audio']>;
  readonly #ended = Promise.withResolvers<void>();
  #up = true;
  /** Counted by the sound itself. */
  #nowMs = 0;

  private constructor(page: Page, ends: WireEnds) {
    this.#page = page;
    this.#ends = ends;
    this.#audio = ends.audio(this.codec);
  }

  /** Opens the page, calls, and waits until the agent is there. */
  static async place(page: Page, pageUrl: string, ends: WireEnds): Promise<BrowserWire> {
    const wire = new BrowserWire(page, ends);
    await page.exposeFunction('exchangeAudio', (heard: number[]) => wire.#exchange(heard));
    const { code } = transformSync(readFileSync(MICROPHONE, 'utf8'), { mode: 'strip-only' });
    await page.addInitScript({ content: code });
    await page.goto(pageUrl);
    await page.getByRole('option').first().waitFor({ state: 'attached' });
    await page.getByRole('button', { name: 'Call', exact: true }).click();
    await page.getByRole('status').filter({ hasText: 'Connected' }).waitFor();
    void wire.#followStatus();
    return wire;
  }

  get up(): boolean {
    return this.#up;
  }

  nowMs(): number {
    return this.#nowMs;
  }

  /** The page has no keys. */
  pressKeys(): boolean {
    return false;
  }

  async hangUp(): Promise<void> {
    const button = this.#page.getByRole('button', { name: 'Hang up' });
    // The agent may hang up at the same moment: then there is no button any more.
    if (this.#up) await button.click({ timeout: CLICK_MS }).catch(() => undefined);
    await this.#ended.promise;
  }

  async #followStatus(): Promise<void> {
    const status = this.#page.getByRole('status').filter({ hasText: /hung up|connection was lost/ });
    await status.waitFor({ timeout: 0 });
    this.#up = false;
    this.#ends.ended((await status.textContent()) === 'You hung up' ? 'caller' : 'agent');
    this.#ended.resolve();
  }

  /** Both sides of the same stretch of time; to the caller, it takes no time from its mouth to the microphone. */
  #exchange(heard: readonly number[]): number[] {
    const toSay = new Int16Array(heard.length);
    if (this.#up) {
      this.#audio.received(Int16Array.from(heard), this.#nowMs);
      this.#audio.source(toSay);
      this.#audio.sent(toSay, this.#nowMs);
      this.#nowMs += (heard.length * 1000) / RATE_HZ;
    }
    return [...toSay];
  }
}
