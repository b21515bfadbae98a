import type { FlowInput } from '../../src/workflow/replay/inputs.ts';
import type { Replayed } from '../../src/workflow/replay/replay.ts';

/** A step for people: when, what was heard, where it led, what came of it, and whether that is what came of it then. */
export function stepLines(
  { number, row, inputs, before, after, now, differs }: Replayed,
  isWhole: boolean,
): readonly string[] {
  const slots = isWhole ? Object.entries(after.slots) : Object.entries(now.slots);
  const way = before.workflow === after.workflow ? before.stage : `${before.workflow}/${before.stage}`;
  const to = before.workflow === after.workflow ? after.stage : `${after.workflow}/${after.stage}`;
  return [
    `${String(number).padStart(4)}  ${clock(row.mediaMs)}  ${way}${way === to ? '' : ` > ${to}`}${after.done ? ' (over)' : ''}`,
    ...inputs.map(input => `        ${inputWords(input)}`),
    ...slots.map(([slot, state]) => `        slot  ${slot} = ${slotWords(state)}`),
    ...now.say.map(sentence => `        said  ${sentence}`),
    ...(now.act === null ? [] : [`        act   ${now.act}`]),
    ...(now.person === null ? [] : [`        calls ${now.person}`]),
    ...differs.map(what => `        OTHER ${what}`),
    ...(differs.length === 0 ? ['        agrees'] : []),
  ];
}

export function stepAsJson({ number, row, inputs, before, now, recorded, differs }: Replayed): object {
  const { at, mediaMs, turn } = row;
  const came = { ...now, from: before.stage };
  return { number, at, mediaMs, turn, inputs, now: came, ...(differs.length > 0 && { recorded }), differs };
}

function slotWords(state: { readonly value: unknown; readonly confirmed: boolean } | null): string {
  if (state === null) return 'nothing any more';
  return `${JSON.stringify(state.value)}${state.confirmed ? ', confirmed' : ''}`;
}

function inputWords(input: FlowInput): string {
  switch (input.op) {
    case 'heard':
      return heardWords(input.heard);
    case 'noted':
      return `model ${input.answer.calls.map(({ name, argumentsJson }) => `${name} ${argumentsJson}`).join('; ')}`;
    case 'closed':
      return `heard ${JSON.stringify(input.said.join(' '))} of the agent`;
    case 'turn':
      return `${input.turn.by.padEnd(5)} ${JSON.stringify(input.turn.text)}`;
    case 'told':
      return `tool  ${input.exchange.tool} ${input.exchange.argumentsJson}: ${input.exchange.text}`;
    case 'left':
      return `left  ${input.way ?? 'without a model'}`;
    case 'state':
      return 'state as recorded, for the number of a card was left out';
    default:
      return input satisfies never;
  }
}

function heardWords(heard: Extract<FlowInput, { op: 'heard' }>['heard']): string {
  switch (heard.type) {
    case 'speech':
      return `heard ${JSON.stringify(heard.text)} (${heard.confidence.toFixed(2)})`;
    case 'keys':
      return `keys  ${heard.digits}`;
    case 'person':
      return `person ${heard.became}`;
    case 'acted':
      return `acted ${heard.id} ${heard.outcome} ${JSON.stringify(heard.saves)}`;
    case 'start': {
      const given = heard.given === undefined ? '' : ` with ${JSON.stringify(heard.given)}`;
      return `start${given}${heard.earlier === undefined ? '' : ' after a call that broke off'}`;
    }
    default:
      return heard.type;
  }
}

/** Minutes and seconds since answer. */
function clock(mediaMs: number): string {
  const minutes = Math.floor(mediaMs / 60_000);
  return `${String(minutes).padStart(2, '0')}:${((mediaMs % 60_000) / 1000).toFixed(3).padStart(6, '0')}`;
}
