import { Refusal, type Remembered } from './realtime_speech_parts.ts';

interface Item {
  readonly id: string;
  readonly role: Remembered['role'];
  text: string;
  soundMs: number;
  /** Of a call and of its output. */
  readonly callId?: string | undefined;
}

type Tell = (type: string, what: Record<string, unknown>) => void;

/** The items of one conversation, and what a client may do with them. */
export class RealtimeMemory {
  readonly #tell: Tell;
  readonly #nextId: () => string;
  readonly #items: Item[] = [];

  constructor(tell: Tell, nextId: () => string) {
    this.#tell = tell;
    this.#nextId = nextId;
  }

  get remembered(): readonly Remembered[] {
    return this.#items.map(({ role, text, soundMs }) => ({ role, text, soundMs }));
  }

  /** Of the caller's latest turn. */
  get lastOfCaller(): Item {
    return this.#items.findLast(({ role }) => role === 'user')!;
  }

  create(item: Record<string, unknown>): void {
    const id = this.#nextId();
    const callId = item.call_id;
    if (item.type === 'function_call' || item.type === 'function_call_output') {
      const text = item.type === 'function_call' ? item.arguments : item.output;
      if (typeof text !== 'string' || typeof callId !== 'string')
        throw new Refusal('invalid_value', 'call_id, arguments or output');
      if (item.type === 'function_call') {
        this.add({ id, role: 'call', text: String(item.name), soundMs: 0, callId });
        return;
      }
      const ofCall = this.#items.filter(one => one.callId === callId).map(({ role }) => role);
      if (ofCall.join() !== 'call')
        throw new Refusal('invalid_tool_call_output', `no call ${callId} is open`);
      this.add({ id, role: 'output', text, soundMs: 0, callId });
      return;
    }
    const { role, content } = item as { role: string; content: { type: string; text: string }[] };
    const type = role === 'assistant' ? 'output_text' : 'input_text';
    // It can't hold sound of the model's.
    if (content.some(part => part.type !== type)) throw new Refusal('invalid_value', `content of ${role}`);
    const text = content.map(part => part.text).join(' ');
    this.add({ id, role: role as Item['role'], text, soundMs: 0 });
  }

  add(item: Item): Item {
    const previous = this.#items.at(-1)?.id ?? null;
    this.#items.push(item);
    const types: Partial<Record<Item['role'], string>> = {
      call: 'function_call',
      output: 'function_call_output',
    };
    const told = { id: item.id, type: types[item.role] ?? 'message', role: item.role };
    this.#tell('conversation.item.added', { previous_item_id: previous, item: told });
    return item;
  }

  delete(id: string): void {
    const at = this.#items.findIndex(item => item.id === id);
    if (at === -1) throw new Refusal('item_delete_invalid_item_id', `no item ${id}`);
    this.#items.splice(at, 1);
    this.#tell('conversation.item.deleted', { item_id: id });
  }

  truncate({ item_id: id, content_index: index, audio_end_ms: endMs }: Record<string, unknown>): void {
    const item = this.#items.find(one => one.id === id);
    if (item === undefined) throw new Refusal('item_truncate_invalid_item_id', 'no such item');
    if (index !== 0 || typeof endMs !== 'number' || !Number.isInteger(endMs))
      throw new Refusal('invalid_value', 'content_index or audio_end_ms');
    if (item.role !== 'assistant' || item.soundMs === 0)
      throw new Refusal('unsupported_content_type', 'Only model output audio messages can be truncated');
    if (endMs > item.soundMs)
      throw new Refusal(
        'invalid_value',
        `Audio content of ${item.soundMs}ms is already shorter than ${endMs}ms`,
      );
    item.soundMs = endMs;
    item.text = '';
    this.#tell('conversation.item.truncated', { item_id: id, content_index: 0, audio_end_ms: endMs });
  }
}
