import type { LlmMessage, LlmTool } from '../../providers/types.ts';
import type { FlowState, LedForm, ModelAnswer, Talk } from '../../workflow/types.ts';
import { earlier, type Medium, turnMessage } from './model_request.ts';

const MANNERS: Readonly<Record<Medium, string>> = {
  voice: `Everything that you write is spoken aloud to the caller on the telephone by a synthesiser. Write one or two short sentences of plain
words: no lists, no markup, no emoji, no stage directions, numbers in words. The caller's words come from a speech recogniser and may
be misheard.`,
  text: `You are in a text chat: everything that you write is shown as plain text. Write one or two short sentences: no lists, no markup, no
emoji.`,
};

const ONLY_WORDS = `Now only word the open question, in one sentence that ends with a question mark; before it you may acknowledge what was
said in at most one short sentence. What the caller said has been written down already.`;

/** What a model is asked in a form. */
export interface FormQuestion {
  readonly form: LedForm;
  /** With what is known in short by now. */
  readonly talk: Talk;
  readonly state: FlowState;
  readonly said: string;
  readonly todayIso: string;
}

/** What the caller's words say, and what to say next: with the engine's answers to what it noted before, if there were any. */
export function understandMessages(
  question: FormQuestion,
  medium: Medium,
  before: readonly LlmMessage[],
): LlmMessage[] {
  return [...messages(question, question.form.said, medium, ''), ...before];
}

/** How to ask what the engine asks next; `said` is what it says before that. */
export function wordMessages(question: FormQuestion, medium: Medium, said: readonly string[]): LlmMessage[] {
  const lead =
    said.length === 0 ? '' : `\nYou have just said: ${JSON.stringify(said.join(' '))}. Go on behind that.`;
  return messages(question, [], medium, `\n${ONLY_WORDS}${lead}`);
}

export function toolsIn({ tools }: LedForm): readonly LlmTool[] {
  return tools;
}

/** What a model wrote, and what it is told of it. */
export function refusedMessages(
  { text, calls }: ModelAnswer,
  answers: readonly { readonly id: string; readonly text: string }[],
): LlmMessage[] {
  return [
    { role: 'assistant', text, toolCalls: calls },
    ...answers.map(({ id, text: told }) => ({ role: 'tool' as const, toolCallId: id, text: told })),
  ];
}

function messages(
  { form, talk, state: { slots }, said, todayIso }: FormQuestion,
  spoken: readonly string[],
  medium: Medium,
  more: string,
): LlmMessage[] {
  const known = Object.entries(slots).map(([slot, { value }]) => `${slot}: ${String(value)}`);
  const open = form.question;
  const facts = [
    `Today is ${todayIso}.`,
    ...(known.length > 0 ? [`Known so far: ${known.join('; ')}.`] : []),
    ...(open === undefined
      ? []
      : [
          `Open now: ${open.slots.join(', ')}. The workflow asks: ${JSON.stringify(open.sentences.join(' '))}`,
        ]),
    ...earlier(talk),
  ];
  const turns = talk.turns.flatMap(turn => (turn.by === 'tool' ? [] : [turnMessage(turn)]));
  const last = talk.turns.findLast(({ by }) => by === 'agent')?.text;
  const before = spoken.length === 0 || last === spoken.join(' ') ? [] : [spoken.join(' ')];
  return [
    { role: 'system', text: `${talk.instructions}\n\n${MANNERS[medium]}` },
    { role: 'system', text: `${facts.join('\n')}${more}` },
    ...turns,
    ...before.map(text => ({ role: 'assistant' as const, text })),
    { role: 'user', text: said },
  ];
}
