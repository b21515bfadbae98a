import { ask, askAgain } from './ask.ts';
import { clearSlot, type Draft } from './draft.ts';
import { takeGiven } from './given.ts';
import type { OpenQuestion, Pending } from './memory.ts';
import { forget } from './resume.ts';
import { enter, enterExit, optOut } from './stages.ts';

export type SureAbout = 'restart' | 'goodbye' | 'optOut';

/** Makes sure before the call is ended or begun again, or was the last one: such words are too costly to be misheard. */
export function makeSure(draft: Draft, about: SureAbout): void {
  const { pending, asked } = draft.memory;
  const back: OpenQuestion = pending.ask === 'sure' ? pending.back : pending;
  const before = pending.ask === 'sure' ? pending.asked : asked;
  ask(draft, { ask: 'sure', about, back, asked: before }, [questionAbout(draft, about)]);
}

function questionAbout(draft: Draft, about: SureAbout): string {
  const { phrases, always } = draft.program.document;
  return about === 'optOut' ? always.optOutSure : phrases[about];
}

/** The caller has said whether they really want it. */
export function settle(draft: Draft, pending: Extract<Pending, { ask: 'sure' }>, yes: boolean): void {
  if (!yes) {
    Object.assign(draft.memory, { pending: pending.back, asked: pending.asked, misses: 0 });
    askAgain(draft);
  } else if (pending.about === 'goodbye') {
    enterExit(draft, 'goodbye');
  } else if (pending.about === 'optOut') {
    optOut(draft);
  } else {
    startOver(draft);
  }
}

/** From the first form on; what was consented to stays. */
function startOver(draft: Draft): void {
  forget(draft);
  const [first = draft.stage] = draft.memory.trail;
  for (const slot of Object.keys(draft.slots)) clearSlot(draft, slot);
  const said = draft.memory.talkFrom + draft.memory.talk.length;
  Object.assign(draft.memory, {
    failures: {},
    refused: {},
    replaced: {},
    insisted: {},
    rivals: {},
    trail: [],
    talk: [],
    summary: '',
    talkFrom: said,
    talkSummarised: said,
  });
  takeGiven(draft);
  enter(draft, first);
}
