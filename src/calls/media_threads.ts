import { once } from 'node:events';
import { MessageChannel, type MessagePort, Worker } from 'node:worker_threads';
import type { Address } from '../ipc/messages.ts';
import type { ProviderFigures } from '../ipc/provider_figures.ts';
import type { ListeningTimes } from '../ipc/silence.ts';
import type { ToAudio, ToTalk } from './thread_messages.ts';
import { type ThreadName, ThreadPulse } from './thread_pulse.ts';
import { ThreadWatch } from './thread_watch.ts';

/** What the talk thread is started with. */
export interface TalkWorkerData {
  /** Slots, as `slotView` reads them. */
  readonly memory: SharedArrayBuffer;
  readonly runtimeFile: string;
  readonly address: Address;
  /** ToTalk comes in, ToAudio goes out. */
  readonly port: MessagePort;
  /** As `ThreadPulse` counts it. */
  readonly pulse: SharedArrayBuffer;
}

/** What the talk thread says while it serves calls. */
export type FromTalk = Exclude<ToAudio, { readonly type: 'ready' | 'providers' | 'workflowsInForce' }>;

export interface MediaThreadsOptions {
  /** The thread's program. */
  readonly talk: URL;
  readonly memory: SharedArrayBuffer;
  readonly runtimeFile: string;
  readonly address: Address;
  onMessage(message: FromTalk): void;
  onProviders?(figures: ProviderFigures): void;
  onWorkflows?(inForce: { readonly seq: number; readonly failed: readonly string[] }): void;
  /** A thread ended though nobody told it to. */
  onDied(thread: ThreadName, error: unknown): void;
  readonly watchTimes?: ListeningTimes;
}

/** After this long a thread that was told to end is ended. */
const END_MS = 3000;

/** What runs beside the audio thread. */
export class MediaThreads {
  readonly #talk: Worker;
  readonly #port: MessagePort;
  readonly #ready: Promise<unknown>;
  readonly #pulse: SharedArrayBuffer;
  #watch: ThreadWatch | undefined;
  #ending = false;

  constructor(options: MediaThreadsOptions) {
    const { memory, runtimeFile, address } = options;
    const { port1, port2 } = new MessageChannel();
    this.#pulse = ThreadPulse.allocate();
    this.#port = port1;
    const talkReady = new Promise<void>(resolve => {
      this.#port.on('message', (message: ToAudio) => {
        if (message.type === 'ready') resolve();
        else if (message.type === 'providers') options.onProviders?.(message.figures);
        else if (message.type === 'workflowsInForce') options.onWorkflows?.(message);
        else options.onMessage(message);
      });
    });
    const talkData: TalkWorkerData = { memory, runtimeFile, address, port: port2, pulse: this.#pulse };
    this.#talk = new Worker(options.talk, { name: 'talk', workerData: talkData, transferList: [port2] });
    this.#ready = talkReady.then(() => {
      this.#watch = new ThreadWatch(new ThreadPulse(this.#pulse), options.watchTimes);
    });
    this.#listenForEnd('talk', this.#talk, options);
  }

  toTalk(message: ToTalk): void {
    this.#port.postMessage(message);
  }

  /** Resolves when the thread does its work; never when it died before. */
  async ready(): Promise<void> {
    await this.#ready;
  }

  /** Threads that are up and hang. */
  get hung(): readonly ThreadName[] {
    return this.#watch?.hung ?? [];
  }

  async stop(): Promise<void> {
    this.#ending = true;
    this.#watch?.close();
    this.toTalk({ type: 'stop' });
    await ended(this.#talk);
    this.#port.close();
  }

  #listenForEnd(name: ThreadName, worker: Worker, { onDied }: MediaThreadsOptions): void {
    worker.on('error', error => onDied(name, error));
    worker.on('exit', code => {
      if (!this.#ending) onDied(name, new Error(`ended with code ${code}`));
    });
  }
}

async function ended(worker: Worker): Promise<void> {
  if (worker.threadId < 0) return;
  const timer = setTimeout(() => void worker.terminate(), END_MS);
  await once(worker, 'exit');
  clearTimeout(timer);
}
