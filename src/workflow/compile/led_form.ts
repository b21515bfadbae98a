import { type Draft, formOf, openDraft, type Program, render, slotNamed } from '../engine/draft.ts';
import type { Expected } from '../engine/expect.ts';
import { formSlots } from '../engine/form.ts';
import type { Guard } from '../engine/guard.ts';
import { askedInForm, isModelAtRest, judge, knowsAll, withModelTurn } from '../engine/model_form.ts';
import { step } from '../engine/step.ts';
import { historyOf } from '../engine/talk.ts';
import { hasWords, spokenWords } from '../said.ts';
import { withTurn } from '../talk_history.ts';
import type { FlowState, LedForm, OpenQuestion, Talk } from '../types.ts';
import { formInstructions } from './instructions.ts';
import { formTools } from './note_schema.ts';
import { screen } from './screen.ts';

/** The form that a model leads in that state; undefined where the engine leads alone. */
export function ledForm(
  program: Program,
  expected: (draft: Draft) => Expected,
  guard: Guard,
  state: FlowState,
): LedForm | undefined {
  const asked = askedInForm(program, state);
  if (asked === undefined || isModelAtRest(state)) return undefined;
  const draft = openDraft(program, state, '2000-01-01');
  const slots = [...new Set(formSlots(draft))].map(name => slotNamed(draft, name));
  return {
    talk: talkOf(draft),
    tools: formTools(slots, Object.keys(program.document.topics)),
    sureFrom: program.document.confidence.sure,
    said: draft.memory.said,
    question: questionOf(draft, asked),
    hear: (heard, { todayIso }) => ({
      step: step(program, expected, state, heard, todayIso),
      knowsAll: heard.type !== 'speech' || knowsAll(program, state, heard, todayIso),
    }),
    judge: (heard, answer, { todayIso }) => judge(program, expected, state, heard, answer, todayIso),
    screen: sentences =>
      screen(draft, asked, sentences, (sentence, before) => {
        const { maySay, instead } = guard(state, sentence, before);
        return maySay ? [sentence] : [instead ?? []].flat();
      }),
    close: (end, { heard, said, isFault, recall }) => {
      if (end.workflow !== state.workflow) return end;
      const known = withModelTurn(end, isFault);
      const history = (at: FlowState): Talk => recall(talkOf(openDraft(program, at, '2000-01-01')));
      const told = withTurn(known, history(known), { by: 'caller', text: heard });
      if (said.length === 0) return told;
      const answered = withTurn(told, history(told), { by: 'agent', text: said.join(' ') });
      const { asked: question } = known.memory;
      return { ...answered, memory: { ...answered.memory, asked: question, said } };
    },
  };
}

/** Repairs that ask in the same way may be worded anew, and questions that need not be asked exactly. */
function questionOf(draft: Draft, asked: readonly string[]): OpenQuestion {
  const { pending, asked: sentences } = draft.memory;
  const form = formOf(draft);
  const question = form.questions.find(({ slots }) => slots.some(slot => asked.includes(slot)));
  const isExact = pending.ask === 'question' && (question?.exact === true || mustBeSaid(draft, sentences));
  // Whether yes means yes can't be told from the words: without a read-back nobody would notice.
  const isPolar =
    form.confirm !== 'always' && asked.some(slot => slotNamed(draft, slot).spec.kind === 'yes_no');
  return { slots: asked, sentences, isExact: isExact || isPolar };
}

/** Whether there are words in them that the guardrails want to be said as they stand. */
function mustBeSaid({ program }: Draft, sentences: readonly string[]): boolean {
  const words = spokenWords(sentences.join(' '));
  return program.document.guardrails.mustSay.some(({ text }) => hasWords(words, spokenWords(text)));
}

function talkOf(draft: Draft): Talk {
  const { memory } = draft;
  const stage = draft.program.document.stages[draft.stage];
  const form = stage?.kind === 'form' ? stage : undefined;
  return {
    instructions: form === undefined ? '' : formInstructions(draft),
    ways: [],
    filler: form?.filler === undefined ? undefined : render(draft, form.filler),
    tools: [],
    toolFillers: {},
    turn: memory.talked,
    unknownTools: [],
    isGuarded: true,
    ...historyOf(draft),
  };
}
