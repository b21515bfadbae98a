import { LIMITS } from '../../config/limits.ts';
import { ProviderFault } from '../provider_fault.ts';

/** Text as every provider takes it for text: control characters are blanks, and so are brackets that some read as markup. */
export function plainText(sentence: string): string {
  return sentence
    .replace(/[\p{Cc}\p{Cs}<>]/gu, ' ')
    .replace(/\s+/gu, ' ')
    .trim();
}

/** Whether there is nothing in it to say: no letter, no digit. */
export function saysNothing(sentence: string): boolean {
  return !/[\p{L}\p{N}]/u.test(sentence);
}

/** @throws ProviderFault of kind refused for a sentence that is too long */
export function refuseLong(sentence: string, name: string): void {
  if (sentence.length > LIMITS.ttsSentenceCharacters) {
    throw new ProviderFault('TTS_FAILED', 'refused', `${name} was given ${sentence.length} characters`);
  }
}
