const PLACEHOLDER = /\{([a-z][a-z0-9_]*)\}/g;

/** A sentence with its `{name}` placeholders filled in, its first letter made a capital. */
export function fillIn(sentence: string, wordsFor: (name: string) => string): string {
  const filled = withValues(sentence, wordsFor);
  return filled.charAt(0).toUpperCase() + filled.slice(1);
}

/** A text with its placeholders filled in, and nothing else changed. */
export function withValues(text: string, wordsFor: (name: string) => string): string {
  return text.replaceAll(PLACEHOLDER, (_, name: string) => wordsFor(name));
}

/** The names of a sentence's placeholders. */
export function placeholdersOf(sentence: string): readonly string[] {
  return [...sentence.matchAll(PLACEHOLDER)].map(([, name = '']) => name);
}
