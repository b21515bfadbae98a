import type { ModelResponder } from '../../src/agent/model/model_responder.ts';
import type { FlowEffect, FlowState, Heard } from '../../src/workflow/types.ts';

export interface TextCall {
  readonly state: FlowState;
  readonly effects: readonly FlowEffect[];
  readonly lines: readonly { readonly by: 'agent' | 'caller'; readonly text: string }[];
}

/** Holds a conversation by text: each reply is heard whole, each state goes through a checkpoint; `reply` is the caller. */
export async function holdTextCall(
  responder: ModelResponder,
  initial: FlowState,
  reply: (state: FlowState, said: readonly string[]) => Heard,
  { todayIso, mostTurns }: { readonly todayIso: string; readonly mostTurns: number },
): Promise<TextCall> {
  const lines: { by: 'agent' | 'caller'; text: string }[] = [];
  const effects: FlowEffect[] = [];
  let state = initial;
  let heard: Heard = { type: 'start' };
  for (let turn = 0; turn < mostTurns && !state.done; turn += 1) {
    const restored = JSON.parse(JSON.stringify(state)) as FlowState;
    const response = responder.respond(restored, heard, todayIso);
    response.commit();
    const said: string[] = [];
    for await (const sentence of response.sentences) said.push(sentence);
    const end = response.closed(said.join(' '));
    response.drop();
    effects.push(...response.step.effects, ...end.effects);
    lines.push({ by: 'agent', text: said.join(' ') });
    state = end.state;
    if (state.done) break;
    heard = reply(state, said);
    if (heard.type === 'speech') lines.push({ by: 'caller', text: heard.text });
  }
  return { state, effects, lines };
}
