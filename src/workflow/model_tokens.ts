/** Letters that share a token in names and other words that a tokeniser does not know. */
const LETTERS_PER_TOKEN = 3;
const [SPACE, APOSTROPHE, A, Z] = [0x20, 0x27, 0x61, 0x7a];
/** Turns capital letters of ASCII into small ones; nothing else becomes a letter by it. */
const SMALL = 0x20;

/**
 * Tokens of a text for a language model, on the safe side: words count by their letters, each digit and each sign as one, and
 * what is not ASCII by its bytes in UTF-8. English comes to half as much again as in OpenAI's encodings (o200k_base,
 * cl100k_base), other languages to up to twice as much. A tokeniser would cost each process tens of megabytes, and be right for
 * one provider's models only.
 */
export function modelTokens(text: string): number {
  let tokens = 0;
  for (let at = 0; at < text.length; ) {
    // One by one: whole histories are counted with every sentence, and each piece of them would be garbage.
    const from = text.charCodeAt(at) === SPACE ? at + 1 : at;
    let to = from;
    while (to < text.length && isLetter(text.charCodeAt(to))) to += 1;
    if (to > from) {
      tokens += Math.ceil((to - from) / LETTERS_PER_TOKEN);
      at = to;
    } else {
      const code = text.codePointAt(at)!;
      tokens += signTokens(code);
      at += code >= 0x10000 ? 2 : 1;
    }
  }
  return Math.ceil(tokens);
}

function isLetter(code: number): boolean {
  const small = code | SMALL;
  return (small >= A && small <= Z) || code === APOSTROPHE;
}

function signTokens(code: number): number {
  if (code >= 0x10000) return 4;
  if (code >= 0x800) return 2;
  return code >= 0x80 ? 1.5 : 1;
}
