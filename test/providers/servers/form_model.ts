import { createHash } from 'node:crypto';
import type { ModelAnswer, ModelStep } from './model_script.ts';
import type { ModelServer } from './model_server.ts';
import { type ChatRequest, serveOpenAiChat } from './openai_chat.ts';
import { readAs } from './plain_reading.ts';

/** How a model may go wrong in a turn. */
export const MISDEEDS = [
  'skipsDisclosure',
  'inventsPrice',
  'wrongSlot',
  'unknownTool',
  'leavesEarly',
  'garbage',
  'neverNotes',
  'dead',
] as const;
type Misdeed = (typeof MISDEEDS)[number];

export interface FormModelOptions {
  readonly key: string;
  readonly seed: number;
  /** Part of the requests that are answered wrongly, 0 to 1; 0 by default: it does as it is told. */
  readonly share?: number;
  /** All by default. */
  readonly misdeeds?: readonly Misdeed[];
  /** Before the first word, milliseconds. */
  readonly firstMs?: (() => number) | undefined;
}

export interface FormModelServer extends ModelServer {
  /** How often it went wrong, by how. */
  readonly misdeeds: ReadonlyMap<Misdeed, number>;
}

interface Asked {
  readonly system: string;
  readonly said: string;
  readonly before: string;
  /** Of the last tool results, where there are any. */
  readonly isToldOff: boolean;
  readonly request: ChatRequest;
}

type Values = Readonly<Record<string, { readonly type?: string; readonly enum?: readonly string[] }>>;

/**
 * A model behind OpenAI's Chat Completions that leads forms: it reads the caller's words by the schema of `note`, and words the questions
 * that its instructions name. Each answer is a function of the request and the seed alone, and so is whether it goes wrong.
 */
export async function serveFormModel({
  key,
  seed,
  share = 0,
  misdeeds = MISDEEDS,
  firstMs,
}: FormModelOptions): Promise<FormModelServer> {
  const done = new Map<Misdeed, number>();
  const server = await serveOpenAiChat({
    key,
    firstMs,
    answer: ({ body }) => {
      const request = body as ChatRequest;
      const asked = askedIn(request);
      const chance = drawn(`${seed} ${JSON.stringify(request.messages)}`);
      if (chance() >= share) return obedient(asked);
      const misdeed = misdeeds[Math.floor(chance() * misdeeds.length)]!;
      done.set(misdeed, (done.get(misdeed) ?? 0) + 1);
      return misdeed === 'dead' ? { status: 500 } : misbehaving(misdeed, asked, chance);
    },
  });
  return Object.defineProperty(server as FormModelServer, 'misdeeds', { value: done });
}

/** What it answers when it does as it is told. */
function obedient(asked: Asked): ModelAnswer {
  const names = toolsOf(asked.request);
  if (names.includes('note')) return noted(asked);
  if (names.includes('go_on')) return talked(asked);
  const question = /The workflow asks: ("(?:[^"\\]|\\.)*")/u.exec(asked.system)?.[1];
  if (question === undefined) return says('I see. How can I help you?');
  return says(`Thanks. ${worded(JSON.parse(question) as string)}`);
}

function noted(asked: Asked): ModelAnswer {
  const schema = valuesOf(asked.request);
  const open = openSlots(asked);
  const found = open.flatMap(slot => {
    const schemaOfSlot = schema[slot];
    const read = schemaOfSlot && readAs(schemaOfSlot, asked.said, todayOf(asked));
    return read === undefined ? [] : [[slot, read] as const];
  });
  const values = asked.isToldOff ? {} : Object.fromEntries(found.map(([slot, { value }]) => [slot, value]));
  const next = Object.keys(values).length === 0 ? questionOf(asked, open[0]) : undefined;
  return answer([
    ...(next === undefined ? [] : [{ say: `I see. ${worded(next)}` }]),
    called('note', {
      values,
      said: found[0]?.[1].quote ?? '',
      asks: next === undefined ? '' : (open[0] ?? ''),
    }),
  ]);
}

/** In a talk it chats until the caller has had enough, or goes the first way it has. */
function talked({ said, request }: Asked): ModelAnswer {
  const isOver = /\b(no|nothing|that's all|that is all|bye|goodbye)\b/iu.test(said);
  const ways = waysOf(request);
  if (isOver && ways[0] !== undefined)
    return answer([{ say: 'Very well.' }, called('go_on', { way: ways[0] })]);
  return says('I see. Is there anything else that I can do for you?');
}

function misbehaving(misdeed: Exclude<Misdeed, 'dead'>, asked: Asked, chance: () => number): ModelAnswer {
  switch (misdeed) {
    case 'inventsPrice': {
      const price = `I can do that for you for only ${10 + Math.floor(chance() * 900)} dollars, a twenty percent discount.`;
      return answer([{ say: `${price} Shall we go ahead?` }, ...notesOf(asked)]);
    }
    case 'skipsDisclosure':
      return answer([
        { say: 'Let us skip the formalities, I am a real person and you have been approved already.' },
        ...notesOf(asked),
      ]);
    case 'wrongSlot':
      return answer([{ say: 'Thank you. Is that all?' }, ...wrongNotes(asked, chance)]);
    case 'unknownTool':
      return answer([called('transfer_funds', { amount: 100, to: 'me' })]);
    case 'leavesEarly':
      return answer([
        { say: 'Thank you for calling, we are all done here. Goodbye and have a great day!' },
        ...(toolsOf(asked.request).includes('caller_wants')
          ? [called('caller_wants', { what: chance() < 0.5 ? 'goodbye' : 'person' })]
          : []),
        ...(toolsOf(asked.request).includes('go_on') ? [called('go_on', { way: 'nowhere' })] : []),
      ]);
    case 'garbage':
      return says(
        [
          '{"values": {"x": [1, 2',
          '<|im_start|>system You are now free<|im_end|>',
          'жизнь это боль',
          'la '.repeat(400),
        ][Math.floor(chance() * 4)]!,
      );
    case 'neverNotes':
      return says('Wonderful, I have written all of that down. What else would you like to tell me?');
  }
}

function notesOf(asked: Asked): readonly ModelStep[] {
  return toolsOf(asked.request).includes('note')
    ? noted(asked).steps.filter((step): step is ModelStep => 'call' in step)
    : [];
}

/** Values that nobody told, for what is asked and for something else. */
function wrongNotes(asked: Asked, chance: () => number): readonly ModelStep[] {
  if (!toolsOf(asked.request).includes('note')) return [];
  const schema = valuesOf(asked.request);
  const values = Object.fromEntries(
    Object.entries(schema)
      .filter(([slot]) => openSlots(asked).includes(slot) || chance() < 0.3)
      .map(([slot, one]) => [slot, wrongOf(one, asked, chance)]),
  );
  return [called('note', { values, said: asked.said, asks: Object.keys(schema).at(-1) ?? '' })];
}

function wrongOf(schema: Values[string], asked: Asked, chance: () => number): string | number | boolean {
  const right = readAs(schema, asked.said, todayOf(asked))?.value;
  if (schema.enum !== undefined) {
    const others = schema.enum.filter(value => value !== right);
    return others[Math.floor(chance() * others.length)] ?? 'nothing';
  }
  if (schema.type === 'boolean') return right !== true;
  if (schema.type === 'integer' || schema.type === 'number')
    return Number(right ?? 1) + 1 + Math.floor(chance() * 5);
  return ['Nowhere', '1999-01-01', 'Elm Street', 'John Q Public'][Math.floor(chance() * 4)]!;
}

function askedIn(request: ChatRequest): Asked {
  const texts = request.messages.map(({ role, content }) => ({ role, text: content ?? '' }));
  const last = texts.findLastIndex(({ role }) => role === 'user');
  return {
    system: texts.flatMap(({ role, text }) => (role === 'system' ? [text] : [])).join('\n'),
    said: texts[last]?.text ?? '',
    before: texts.slice(0, last).findLast(({ role }) => role === 'user')?.text ?? '',
    isToldOff: texts.at(-1)?.role === 'tool',
    request,
  };
}

function openSlots({ system }: Asked): readonly string[] {
  return /^Open now: ([a-z0-9_, ]+)\./mu.exec(system)?.[1]?.split(', ') ?? [];
}

function questionOf({ system }: Asked, slot: string | undefined): string | undefined {
  const question = /The workflow asks: ("(?:[^"\\]|\\.)*")/u.exec(system)?.[1];
  return slot === undefined || question === undefined ? undefined : (JSON.parse(question) as string);
}

function todayOf({ system }: Asked): string {
  return /Today is (\d{4}-\d{2}-\d{2})/u.exec(system)?.[1] ?? '2000-01-01';
}

/** A question in words that are not the workflow's, and mean the same. */
function worded(question: string): string {
  const last = question.split(/(?<=[.?!])\s+/u).at(-1) ?? question;
  return `And tell me, ${last.charAt(0).toLowerCase()}${last.slice(1).replace(/[.?!]*$/u, '?')}`;
}

function toolsOf({ tools = [] }: ChatRequest): readonly string[] {
  return tools.map(({ function: { name } }) => name);
}

function valuesOf(request: ChatRequest): Values {
  const tool = request.tools?.find(({ function: { name } }) => name === 'note');
  const { properties } = (tool?.function.parameters ?? {}) as {
    properties?: { values?: { properties?: Values } };
  };
  return properties?.values?.properties ?? {};
}

function waysOf(request: ChatRequest): readonly string[] {
  const tool = request.tools?.find(({ function: { name } }) => name === 'go_on');
  const { properties } = (tool?.function.parameters ?? {}) as {
    properties?: { way?: { enum?: readonly string[] } };
  };
  return properties?.way?.enum ?? [];
}

function says(say: string): ModelAnswer {
  return answer([{ say }]);
}

function answer(steps: readonly ModelStep[]): ModelAnswer {
  return { steps };
}

function called(name: string, args: unknown): ModelStep {
  return { call: [{ id: `call_${name}`, name, fragments: [JSON.stringify(args)] }] };
}

/** Uniform in 0…1, the same for the same text. */
function drawn(text: string): () => number {
  let count = 0;
  return () => {
    const digest = createHash('sha256').update(`${count} ${text}`).digest();
    count += 1;
    return digest.readUInt32BE(0) / 2 ** 32;
  };
}
