import { holds } from '../condition.ts';
import type { MustSay } from '../guardrail_schema.ts';
import { hasWords, spokenWords } from '../said.ts';
import { type Draft, knownOf, render, stageOf } from './draft.ts';

/** Stages in which somebody else speaks as well: what must be said there has time until they are left. */
const OPEN: ReadonlySet<string> = new Set(['form', 'consent', 'talk']);

/** Says what must be said before a stage is entered, unless it was. */
export function sayBefore(draft: Draft, stage: string): void {
  sayAll(draft, ({ before }) => before === stage);
}

/** Says what must be said in a stage that goes on at once. */
export function sayHere(draft: Draft): void {
  if (!OPEN.has(stageOf(draft).kind)) sayAll(draft, must => must.in === draft.stage);
}

/** Says what must be said in the stage that is being left. */
export function sayOnLeaving(draft: Draft): void {
  if (OPEN.has(stageOf(draft).kind)) sayAll(draft, must => must.in === draft.stage);
}

/** What must be said in a stage by whoever leads it. */
export function mustSayIn(draft: Draft): readonly string[] {
  const { mustSay } = draft.program.document.guardrails;
  return mustSay
    .filter(must => must.in === draft.stage && isDue(draft, must))
    .map(({ text }) => render(draft, text));
}

/** Keeps what of it this step says: that is heard to its end. */
export function noteMustSaid(draft: Draft): void {
  const words = wordsOf(draft.say);
  for (const must of draft.program.document.guardrails.mustSay) {
    const said = spokenWords(render(draft, must.text));
    if (!hasWords(words, said)) continue;
    draft.interruptible = false;
    const key = said.join(' ');
    if (!draft.memory.mustSaid.includes(key))
      draft.memory.mustSaid = [...draft.memory.mustSaid, key].slice(-64);
  }
}

function sayAll(draft: Draft, isHere: (must: MustSay) => boolean): void {
  for (const must of draft.program.document.guardrails.mustSay) {
    if (isHere(must) && isDue(draft, must)) draft.say.push(render(draft, must.text));
  }
}

/** It holds here, and nobody has said it in this call: neither the engine nor, so that it was heard, a model. */
function isDue(draft: Draft, { text, when }: MustSay): boolean {
  if (when !== undefined && !holds(when, knownOf(draft))) return false;
  const words = spokenWords(render(draft, text));
  if (draft.memory.mustSaid.includes(words.join(' ')) || hasWords(wordsOf(draft.say), words)) return false;
  return !draft.memory.talk.some(turn => turn.by === 'agent' && hasWords(spokenWords(turn.text), words));
}

function wordsOf(sentences: readonly string[]): readonly string[] {
  return sentences.flatMap(spokenWords);
}
