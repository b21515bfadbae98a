import { createHash, randomBytes } from 'node:crypto';
import { z } from 'zod';
import { LIMITS } from '../../config/limits.ts';
import type { LlmToolCall } from '../../providers/types.ts';
import { canonicalJson, type Tool, type ToolArguments } from '../../workflow/tools.ts';
import type { FlowState, Talk, ToolExchange } from '../../workflow/types.ts';
import type { After } from '../ports.ts';
import {
  type Acted,
  answerText,
  failureText,
  runningText,
  savesOf,
  type ToolFault,
  type ToolOutcome,
  unknownText,
} from './tool_answer.ts';
import { requestOf, type ToolRequest } from './tool_request.ts';
import type { ToolRunner } from './tool_runner.ts';

/** Where it is written down what tools a call has run. */
export interface ToolJournal {
  /** Resolves once whoever takes the call over would know of it. */
  begun(run: {
    readonly run: string;
    readonly tool: Tool;
    readonly argumentsJson: string;
    readonly key: string;
    /** Under which the workflow itself wants it. */
    readonly act?: string | undefined;
    readonly request: ToolRequest;
  }): Promise<void>;
  ended(run: {
    readonly run: string;
    readonly tool: string;
    readonly outcome: ToolOutcome;
    readonly answer: string;
  }): void;
  /** Nothing was sent; `tool` is undefined where there is none of that name. */
  refused(call: { readonly tool: string | undefined; readonly why: ToolFault }): void;
}

export interface ToolDeskParts {
  readonly callId: string;
  readonly tools: ToolRunner;
  readonly journal: ToolJournal;
  readonly after: After;
  /** What another process left of the call's. */
  readonly kept?: KeptTools | undefined;
}

const keptRun = z.object({
  id: z.string(),
  tool: z.string(),
  argumentsJson: z.string(),
  signature: z.string(),
  key: z.string(),
  turn: z.number().int().min(0),
  /** Under which the workflow itself wanted it; left out where a model did. */
  act: z.string().exactOptional(),
  /** None where it was not over. */
  answer: z
    .object({
      text: z.string(),
      isUnknown: z.boolean(),
      isDone: z.boolean().default(false),
      saves: z.record(z.string(), z.unknown()),
    })
    .optional(),
});
export const keptTools = z.array(keptRun).readonly();
/** Tools that run, and answers of which the model was not told, as another process takes them over. */
export type KeptTools = z.infer<typeof keptTools>;

type Answer = NonNullable<z.infer<typeof keptRun>['answer']>;

interface Run extends Omit<z.infer<typeof keptRun>, 'answer'> {
  readonly control: AbortController;
  answer: Answer | undefined;
  /** Nothing keeps it from being run again. */
  isFree: boolean;
  /** It was under way when its process was lost. */
  isLost: boolean;
  isTold: boolean;
  /** The turn goes on under this number. */
  goesOnAs: number | undefined;
  over: Promise<unknown>;
}

/** A tool that the workflow wants to be used. */
export interface ActOrder {
  readonly id: string;
  readonly tool: Tool;
  readonly args: ToolArguments;
}

/** A call of a tool in the hands of whoever wanted it. */
export interface ToolInHand {
  readonly tool: Tool | undefined;
  /** The run's id; undefined where nothing is run. */
  readonly run: string | undefined;
  /** For the model, once it is over. Never rejects. */
  readonly answer: Promise<string>;
  /** Nobody waits for it any more: it is cancelled, or kept, as the workflow says. */
  letGo(): void;
}

/**
 * All tools that one call runs: each of them once. The same again is answered by the first; what may have been done is not
 * done again, unless that makes no difference. Who asks may go; what was kept is told later.
 */
export class ToolDesk {
  readonly #parts: ToolDeskParts;
  readonly #runs: Run[];
  #count = 0;

  constructor(parts: ToolDeskParts) {
    this.#parts = parts;
    this.#runs = (parts.kept ?? []).map(takenOver);
  }

  /** Writes down what became of a model's runs of a process that was lost: nobody knows. */
  tellLost(): void {
    for (const run of this.#runs) if (run.isLost && run.act === undefined) this.#tellLost(run);
  }

  /** False for one that nobody can run. */
  has(tool: Tool): boolean {
    return this.#parts.tools.has(tool);
  }

  /** Runs it, unless it is being run or was; what is wrong with the call is its answer. */
  call({ name, argumentsJson }: LlmToolCall, talk: Talk, slots: FlowState['slots']): ToolInHand {
    const tool = talk.tools.find(one => one.name === name && this.has(one));
    if (tool === undefined) return this.#refuse(undefined, 'unknownTool');
    const checked = tool.check(argumentsJson);
    if ('fault' in checked) return this.#refuse(tool, 'arguments', checked.fault);
    const request = requestOf(tool, checked.args, slots);
    if ('fault' in request) return this.#refuse(tool, 'arguments', request.fault);
    const signature = digestOf(name, canonicalJson(checked.args)).slice(0, 22);
    const before = this.#runs.findLast(
      run =>
        run.signature === signature &&
        (run.answer === undefined ||
          run.answer.isUnknown ||
          run.turn === talk.turn ||
          run.goesOnAs === talk.turn),
    );
    if (before !== undefined && !before.isFree && before.answer?.isUnknown !== true)
      return this.#inHand(tool, before);
    const unknownKey =
      before?.answer?.isUnknown === true
        ? before.key
        : talk.unknownTools.find(one => one.signature === signature)?.key;
    if (unknownKey !== undefined && !tool.isIdempotent && !tool.isKeyed) return this.#refuse(tool, 'again');
    const running = this.#runs.filter(({ answer }) => answer === undefined).length;
    if (this.#count === LIMITS.toolRuns || running === LIMITS.toolsAtOnce)
      return this.#refuse(tool, 'tooMany');
    const key =
      unknownKey ?? digestOf(this.#parts.callId, String(talk.turn), name, canonicalJson(checked.args));
    return this.#inHand(tool, this.#begin(tool, request, { argumentsJson, signature, key, turn: talk.turn }));
  }

  /**
   * Runs what the workflow itself wants, under its own id: the same again is the same run. What another process left under
   * way is run again with its key where that does no harm; else nobody knows what came of it. Never rejects.
   */
  async act(order: ActOrder, slots: FlowState['slots']): Promise<Acted> {
    const { id, tool, args } = order;
    const before = this.#runs.find(run => run.act === id);
    const isLost = before?.isLost === true;
    const isHarmless = tool.isIdempotent || tool.isKeyed;
    if (before !== undefined && !(isLost && isHarmless)) {
      if (isLost) this.#tellLost(before);
      await before.over;
      return actedBy(before);
    }
    const request = this.has(tool) ? requestOf(tool, args, slots) : { fault: 'it is off' };
    const running = this.#runs.filter(({ answer }) => answer === undefined).length;
    const isTooMany = this.#count === LIMITS.toolRuns || running === LIMITS.toolsAtOnce;
    if ('fault' in request || isTooMany) {
      this.#parts.journal.refused({ tool: tool.name, why: isTooMany ? 'tooMany' : 'arguments' });
      return { outcome: isLost ? 'unknown' : 'failed', saves: {} };
    }
    if (before !== undefined) this.#runs.splice(this.#runs.indexOf(before), 1);
    const argumentsJson = JSON.stringify(args);
    const key = before?.key ?? digestOf(this.#parts.callId, 'act', id);
    const named = { argumentsJson, signature: digestOf(tool.name, id).slice(0, 22), key, turn: 0, act: id };
    const run = this.#begin(tool, request, named, before?.id);
    await run.over;
    return actedBy(run);
  }

  /** What came of runs of which the model was not told. */
  get untold(): readonly ToolExchange[] {
    return this.#ofModel.flatMap(({ id, tool, argumentsJson, signature, key, answer, isTold }) =>
      answer === undefined || isTold ? [] : [{ id, tool, argumentsJson, signature, key, ...answer }],
    );
  }

  /** The same with those that are not over yet. */
  get open(): readonly Pick<ToolExchange, 'id' | 'tool' | 'argumentsJson' | 'text'>[] {
    return this.#ofModel.flatMap(({ id, tool, argumentsJson, answer, isTold }) =>
      isTold ? [] : [{ id, tool, argumentsJson, text: answer?.text ?? runningText() }],
    );
  }

  /** What came of these is in the state. */
  told(exchanges: readonly ToolExchange[]): void {
    for (const { id } of exchanges) {
      const run = this.#runs.find(one => one.id === id);
      if (run === undefined) continue;
      run.isTold = true;
      run.goesOnAs = undefined;
    }
  }

  /** Another model goes on with the turn, as if it were the next one: what was called in it is not called anew. */
  goOn(turn: number): void {
    for (const run of this.#ofModel) if (run.turn === turn && !run.isTold) run.goesOnAs = turn + 1;
  }

  /** What came of an act is in the state. */
  toldAct(id: string): void {
    for (const run of this.#runs) if (run.act === id) run.isTold = true;
  }

  get kept(): KeptTools {
    return this.#runs.flatMap(
      ({ id, tool, argumentsJson, signature, key, turn, act, answer, isLost, isTold }) => {
        const named = { id, tool, argumentsJson, signature, key, turn, ...(act !== undefined && { act }) };
        // Whether an act that was lost can be run again is up to whoever takes it over next, too.
        const isOpen = answer === undefined || (isLost && act !== undefined);
        return isTold ? [] : [{ ...named, ...(!isOpen && { answer }) }];
      },
    );
  }

  /** The call is over: what was to be kept has a moment left. */
  async close(): Promise<void> {
    const stop = () => {
      for (const { control } of this.#runs) control.abort();
    };
    const cancel = this.#parts.after(LIMITS.toolAfterCallMs, stop);
    await Promise.all(this.#runs.map(({ over }) => over));
    cancel();
  }

  #begin(
    tool: Tool,
    request: ToolRequest,
    named: Pick<Run, 'argumentsJson' | 'signature' | 'key' | 'turn' | 'act'>,
    id = `tool_${randomBytes(6).toString('hex')}`,
  ): Run {
    this.#forgetBefore(named.turn);
    this.#count += 1;
    const run: Run = {
      id,
      tool: tool.name,
      ...named,
      control: new AbortController(),
      answer: undefined,
      isFree: false,
      isLost: false,
      isTold: false,
      goesOnAs: undefined,
      over: Promise.resolve(),
    };
    this.#runs.push(run);
    run.over = this.#run(tool, request, run);
    return run;
  }

  async #run(tool: Tool, request: ToolRequest, run: Run): Promise<void> {
    const { id, argumentsJson, key, act, control } = run;
    const written = this.#parts.journal.begun({ run: id, tool, argumentsJson, key, act, request });
    written.catch(() => undefined);
    const outcome: ToolOutcome =
      tool.isIdempotent || (await this.#inTime(written, control.signal))
        ? await this.#parts.tools.run({ tool, request, key, signal: control.signal })
        : {
            status: 'failed',
            why: control.signal.aborted ? 'cancelled' : 'unwritten',
            attempts: 0,
            httpStatus: undefined,
          };
    const text = answerText(tool, outcome);
    const { status } = outcome;
    const saves = savesOf(tool, outcome);
    run.answer = { text, isUnknown: status === 'unknown', isDone: status === 'done', saves };
    run.isFree = outcome.status === 'failed' && outcome.why === 'cancelled';
    this.#parts.journal.ended({ run: id, tool: tool.name, outcome, answer: text });
  }

  /** Whether it was written down before anybody lost patience. */
  #inTime(written: Promise<void>, signal: AbortSignal): Promise<boolean> {
    const { promise, resolve } = Promise.withResolvers<boolean>();
    const stop = () => resolve(false);
    const cancel = this.#parts.after(LIMITS.toolWrittenMs, stop);
    signal.addEventListener('abort', stop);
    written.then(() => resolve(true), stop);
    return promise.finally(() => {
      cancel();
      signal.removeEventListener('abort', stop);
    });
  }

  #inHand(tool: Tool, run: Run): ToolInHand {
    return {
      tool,
      run: run.id,
      answer: run.over.then(() => run.answer?.text ?? failureText('cancelled')),
      letGo: () => {
        if (tool.onInterrupt === 'cancel' && run.answer === undefined) run.control.abort();
      },
    };
  }

  #refuse(tool: Tool | undefined, why: ToolFault, detail?: string): ToolInHand {
    this.#parts.journal.refused({ tool: tool?.name, why });
    const text = why === 'again' ? unknownText(why) : failureText(why, detail);
    return { tool, run: undefined, answer: Promise.resolve(text), letGo: () => undefined };
  }

  get #ofModel(): readonly Run[] {
    return this.#runs.filter(({ act }) => act === undefined);
  }

  #tellLost({ id: run, tool }: Run): void {
    const outcome = { status: 'unknown', why: 'processLost', attempts: 0, httpStatus: undefined } as const;
    this.#parts.journal.ended({ run, tool, outcome, answer: unknownText('processLost') });
  }

  /** What the model knows of an earlier turn may come again. */
  #forgetBefore(turn: number): void {
    for (let at = this.#runs.length - 1; at >= 0; at -= 1) {
      const run = this.#runs[at]!;
      if (run.isTold && run.turn < turn) this.#runs.splice(at, 1);
    }
  }
}

function actedBy({ answer }: Run): Acted {
  if (answer?.isDone) return { outcome: 'done', saves: answer.saves };
  return { outcome: answer?.isUnknown === false ? 'failed' : 'unknown', saves: {} };
}

/** 128 bits in hexadecimal digits. */
function digestOf(...parts: readonly string[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 32);
}

/** What was not over when its process was lost may have been done. */
function takenOver({ answer, ...named }: KeptTools[number]): Run {
  return {
    ...named,
    answer: answer ?? { text: unknownText('processLost'), isUnknown: true, isDone: false, saves: {} },
    control: new AbortController(),
    isFree: false,
    isLost: answer === undefined,
    isTold: false,
    goesOnAs: undefined,
    over: Promise.resolve(),
  };
}
