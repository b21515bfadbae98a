/** What has been started and has to be given back, the last first. */
export class Stoppables {
  readonly #onFailure: (name: string, error: unknown) => void;
  readonly #entries: { readonly name: string; readonly stop: () => Promise<void> | void }[] = [];

  constructor(onFailure: (name: string, error: unknown) => void) {
    this.#onFailure = onFailure;
  }

  add(name: string, stop: () => Promise<void> | void): void {
    this.#entries.push({ name, stop });
  }

  /** Stops everything; one that fails does not keep the others from being stopped. */
  async stopAll(): Promise<void> {
    for (let entry = this.#entries.pop(); entry !== undefined; entry = this.#entries.pop()) {
      try {
        await entry.stop();
      } catch (error) {
        this.#onFailure(entry.name, error);
      }
    }
  }
}
