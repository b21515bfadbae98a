/** Letters that share a token in names and other words that a tokeniser does not know. */
const LETTERS_PER_TOKEN = 3;
const PIECES = / ?[A-Za-z']+|[\s\S]/gu;

/**
 * Tokens of a text for a language model, on the safe side: words count by their letters, each digit and each sign as one, and
 * what is not ASCII by its bytes in UTF-8. English comes to half as much again as in OpenAI's encodings (o200k_base,
 * cl100k_base), other languages to up to twice as much. A tokeniser would cost each process tens of megabytes, and be right for
 * one provider's models only.
 */
export function modelTokens(text: string): number {
  let tokens = 0;
  for (const [piece] of text.matchAll(PIECES)) tokens += pieceTokens(piece);
  return Math.ceil(tokens);
}

function pieceTokens(piece: string): number {
  const code = piece.codePointAt(0) ?? 0;
  if (code >= 0x10000) return 4;
  if (code >= 0x800) return 2;
  if (code >= 0x80) return 1.5;
  return Math.ceil(piece.trimStart().length / LETTERS_PER_TOKEN) || 1;
}
