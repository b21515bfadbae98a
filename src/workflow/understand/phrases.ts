/** A longest match at a place in the tokens. */
export interface PhraseMatch<T> {
  readonly value: T;
  /** Tokens that it takes. */
  readonly length: number;
}

interface Node<T> {
  readonly next: Map<string, Node<T>>;
  value?: T;
}

/** Phrases of words with what they stand for; finds the longest that begins at a token. */
export class PhraseTable<T> {
  readonly #root: Node<T> = { next: new Map() };

  constructor(phrases: Iterable<readonly [phrase: string, value: T]>) {
    for (const [phrase, value] of phrases) {
      let node = this.#root;
      for (const word of phrase.split(' ')) {
        const child: Node<T> = node.next.get(word) ?? { next: new Map() };
        node.next.set(word, child);
        node = child;
      }
      node.value = value;
    }
  }

  at(tokens: readonly string[], from: number): PhraseMatch<T> | undefined {
    let node: Node<T> | undefined = this.#root;
    let best: PhraseMatch<T> | undefined;
    for (let index = from; index < tokens.length; index += 1) {
      node = node.next.get(tokens[index] ?? '');
      if (node === undefined) break;
      if (node.value !== undefined) best = { value: node.value, length: index + 1 - from };
    }
    return best;
  }
}
