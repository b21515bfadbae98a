import { TrunklineError } from '../../config/errors.ts';
import { LIMITS } from '../../config/limits.ts';
import type { Expectation, Stt, SttSession } from '../types.ts';
import type { HostReply } from './host_messages.ts';
import { HostedUtterance } from './hosted_utterance.ts';
import { RecogniserProcess, type RecogniserProgram } from './recogniser_process.ts';

/**
 * A recogniser of this machine in a process of its own, since native code may crash and must take no call with it. Sessions
 * go on in a new process when the old one dies.
 */
export class HostedStt implements Stt {
  readonly name: string;
  readonly #process: RecogniserProcess;
  readonly #utterances = new Map<number, HostedUtterance>();
  /** Grammars the process knows, in order of last use; it forgets in the same order. */
  readonly #grammars = new Set<string>();
  /** What a new process is told before anything else. */
  readonly #prepared = new Map<string, Expectation>();
  #nextId = 0;
  #lastReplyMs = 0;
  #closed = false;

  constructor(name: string, program: RecogniserProgram) {
    this.name = name;
    this.#process = new RecogniserProcess(program, {
      reply: reply => this.#receive(reply),
      gone: () => this.#restart(),
    });
    this.#process.start();
  }

  prepare(expect: Expectation): void {
    if (this.#closed || this.#prepared.size >= LIMITS.sttGrammars) return;
    this.#prepared.set(expect.id, expect);
    if (this.#process.start()) this.#teach(expect);
  }

  open({ rateHz, expect, onPartial }: Parameters<Stt['open']>[0]): SttSession {
    const id = this.#nextId++;
    const utterance = new HostedUtterance({
      id,
      rateHz,
      expect,
      onPartial,
      send: request => this.#process.send(request),
      awaited: () => this.#holdIfAwaited(),
      overdue: () => this.#killIfSilent(),
      over: () => this.#forget(id),
    });
    if (this.#closed) utterance.fail(new TrunklineError('STT_FAILED', 'the recogniser was closed'));
    else if (this.#utterances.size >= LIMITS.sttQueuedUtterances) {
      utterance.fail(new TrunklineError('STT_FAILED', 'too many utterances at once'));
    } else {
      this.#utterances.set(id, utterance);
      this.#begin(utterance);
    }
    return utterance;
  }

  async close(): Promise<void> {
    this.#closed = true;
    for (const utterance of this.#utterances.values()) {
      utterance.fail(new TrunklineError('STT_FAILED', 'the recogniser was closed'));
    }
    await this.#process.close();
  }

  #begin(utterance: HostedUtterance): void {
    if (!this.#process.start()) {
      utterance.fail(new TrunklineError('STT_FAILED', 'the recogniser process keeps ending'));
      return;
    }
    this.#teach(utterance.expect);
    utterance.begin();
  }

  #teach({ id, jsgf }: Expectation): void {
    if (!this.#grammars.delete(id)) {
      const [oldest] = this.#grammars;
      if (oldest !== undefined && this.#grammars.size >= LIMITS.sttGrammars) this.#grammars.delete(oldest);
      this.#process.send({ type: 'grammar', grammarId: id, jsgf });
    }
    this.#grammars.add(id);
  }

  #receive(reply: HostReply): void {
    this.#lastReplyMs = performance.now();
    if (reply.type !== 'ready') this.#utterances.get(reply.id)?.receive(reply);
  }

  /** A process that answers others is busy; one that answers nobody hangs. */
  #killIfSilent(): void {
    if (performance.now() - this.#lastReplyMs >= LIMITS.sttFinalMs) this.#process.kill();
  }

  /** The process died: all it was told is told again to a new one. */
  #restart(): void {
    this.#grammars.clear();
    if (!this.#closed && this.#process.start())
      for (const expect of this.#prepared.values()) this.#teach(expect);
    for (const utterance of this.#utterances.values()) {
      if (utterance.mayTryAgain()) this.#begin(utterance);
    }
    this.#holdIfAwaited();
  }

  #forget(id: number): void {
    this.#utterances.delete(id);
    this.#holdIfAwaited();
  }

  #holdIfAwaited(): void {
    this.#process.hold([...this.#utterances.values()].some(utterance => utterance.isAwaited));
  }
}
