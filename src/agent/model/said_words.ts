type Speaker = 'model' | 'filler' | 'workflow';

/** What was given out in one answer, and whose words they are. */
export class SaidWords {
  readonly #pieces: { readonly text: string; readonly by: Speaker }[] = [];

  add(by: Speaker, sentences: readonly string[]): void {
    for (const sentence of sentences) {
      const text = sentence.trim();
      if (text !== '') this.#pieces.push({ text, by });
    }
  }

  /** What the model itself said. */
  get model(): string {
    return this.#textOf(['model']);
  }

  /** All but what only bridges a wait. */
  get all(): string {
    return this.#textOf(['model', 'workflow']);
  }

  /** The same of what was heard, of which the last piece may be cut. */
  heard(text: string): string {
    const words: string[] = [];
    let rest = text.trim();
    for (const piece of this.#pieces) {
      const isWhole = rest.startsWith(piece.text);
      if (rest === '' || (piece.by === 'filler' && !isWhole && !piece.text.startsWith(rest))) continue;
      const part = isWhole ? piece.text : rest;
      if (piece.by !== 'filler') words.push(part);
      rest = rest.slice(part.length).trim();
    }
    return [...words, rest].filter(part => part !== '').join(' ');
  }

  #textOf(speakers: readonly Speaker[]): string {
    return this.#pieces
      .filter(({ by }) => speakers.includes(by))
      .map(({ text }) => text)
      .join(' ');
  }
}
