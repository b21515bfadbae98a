import { once } from 'node:events';
import { MessageChannel, type MessagePort, Worker } from 'node:worker_threads';
import { forbidTelemetry } from '../../models/silero_vad.ts';
import type { Address } from '../ipc/messages.ts';
import type { ListeningTimes } from '../ipc/silence.ts';
import type { ToAudio, ToTalk } from './thread_messages.ts';
import { type ThreadName, ThreadPulse } from './thread_pulse.ts';
import { ThreadWatch } from './thread_watch.ts';
import { VadBoard } from './vad_board.ts';

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
export type FromTalk = Exclude<ToAudio, { readonly type: 'ready' }>;

/** What the VAD thread is started with. */
export interface VadWorkerData {
  readonly memory: SharedArrayBuffer;
  readonly board: SharedArrayBuffer;
  readonly pulse: SharedArrayBuffer;
}

export interface MediaThreadsOptions {
  /** Programs of the two threads. */
  readonly talk: URL;
  readonly vad: URL;
  readonly memory: SharedArrayBuffer;
  readonly slots: number;
  readonly runtimeFile: string;
  readonly address: Address;
  onMessage(message: FromTalk): void;
  /** A thread ended though nobody told it to. */
  onDied(thread: ThreadName, error: unknown): void;
  readonly watchTimes?: ListeningTimes;
}

/** After this long a thread that was told to end is ended. */
const END_MS = 3000;

/** The two threads beside the audio thread. */
export class MediaThreads {
  readonly board: VadBoard;
  readonly #talk: Worker;
  readonly #vad: Worker;
  readonly #port: MessagePort;
  readonly #ready: Promise<unknown>;
  readonly #pulse: SharedArrayBuffer;
  #watch: ThreadWatch | undefined;
  #ending = false;

  constructor(options: MediaThreadsOptions) {
    const { memory, runtimeFile, address } = options;
    const { port1, port2 } = new MessageChannel();
    this.#pulse = ThreadPulse.allocate();
    const board = VadBoard.allocate(options.slots);
    this.board = new VadBoard(board);
    this.#port = port1;
    const talkReady = new Promise<void>(resolve => {
      this.#port.on('message', (message: ToAudio) => {
        if (message.type === 'ready') resolve();
        else options.onMessage(message);
      });
    });
    const talkData: TalkWorkerData = { memory, runtimeFile, address, port: port2, pulse: this.#pulse };
    this.#talk = new Worker(options.talk, { name: 'talk', workerData: talkData, transferList: [port2] });
    forbidTelemetry();
    const vadData: VadWorkerData = { memory, board, pulse: this.#pulse };
    this.#vad = new Worker(options.vad, { name: 'vad', workerData: vadData });
    const vadReady = new Promise<void>(resolve => this.#vad.once('message', () => resolve()));
    this.#ready = Promise.all([talkReady, vadReady]).then(() => {
      this.#watch = new ThreadWatch(new ThreadPulse(this.#pulse), options.watchTimes);
    });
    this.#listenForEnd('talk', this.#talk, options);
    this.#listenForEnd('vad', this.#vad, options);
  }

  toTalk(message: ToTalk): void {
    this.#port.postMessage(message);
  }

  /** Resolves when both threads do their work; never when one died before. */
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
    this.board.dismiss();
    await Promise.all([ended(this.#talk), ended(this.#vad)]);
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
