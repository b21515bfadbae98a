import type { SpeechOpening } from './types.ts';

type Item = Readonly<Record<string, unknown>>;

/** What was said before, as items that a client adds (https://developers.openai.com/api/reference/resources/realtime/client-events). */
export function itemsOf(said: SpeechOpening['said'][number]): readonly Item[] {
  if (said.by === 'tool') {
    const { id, tool, argumentsJson, text } = said;
    const call = { type: 'function_call', call_id: id, name: tool, arguments: argumentsJson };
    return [call, outputItem(id, text)];
  }
  const [role, type] = said.by === 'caller' ? ['user', 'input_text'] : ['assistant', 'output_text'];
  return [{ type: 'message', role, content: [{ type, text: said.text }] }];
}

/** What came of a call. */
export function outputItem(id: string, text: string): Item {
  return { type: 'function_call_output', call_id: id, output: text };
}
