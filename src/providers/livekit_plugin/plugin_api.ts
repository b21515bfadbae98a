import type { AudioFrame } from '@livekit/rtc-node';

/**
 * What is used of @livekit/agents 1.9 (https://docs.livekit.io/reference/agents-js/): declared here, since the package is there
 * only where somebody has installed it. What a plugin gives is checked before it is believed.
 */

/** Trying again is for whoever knows other providers. */
export interface ConnectOptions {
  readonly maxRetry: number;
  readonly retryIntervalMs: number;
  readonly timeoutMs: number;
}

/** An emitter that throws where nobody listens for errors. */
interface Fallible {
  on(event: 'error', listener: (error: { readonly error?: unknown }) => void): unknown;
}

/** Numbers of SpeechEventType. */
export const SPEECH_EVENT = { interim: 1, final: 2, endOfSpeech: 3, preflight: 5 } as const;

export interface SpeechEvent {
  readonly type: number;
  readonly alternatives?: readonly { readonly text: string; readonly confidence?: number }[];
}

export interface SpeechStream extends AsyncIterable<SpeechEvent> {
  /** Rate that frames are brought to; protected, and without its resampler's rest at the end. */
  readonly neededSampleRate?: number;
  pushFrame(frame: AudioFrame): void;
  flush(): void;
  endInput(): void;
  close(): void;
}

export interface SttPlugin extends Fallible {
  readonly capabilities?: { readonly streaming?: boolean };
  stream(options: { readonly connOptions: ConnectOptions }): SpeechStream;
  recognize(frames: readonly AudioFrame[], signal: AbortSignal): Promise<SpeechEvent>;
}

export interface ChatChunk {
  readonly delta?: {
    readonly content?: string;
    readonly toolCalls?: readonly {
      readonly callId: string;
      readonly name: string;
      readonly args: string;
    }[];
  };
  readonly usage?: {
    readonly promptTokens: number;
    readonly completionTokens: number;
    readonly promptCachedTokens?: number;
  };
}

export interface ChatStream extends AsyncIterable<ChatChunk> {
  close(): void;
}

export interface LlmPlugin extends Fallible {
  prewarm?(): void;
  chat(options: {
    readonly chatCtx: object;
    readonly toolCtx?: readonly object[];
    readonly connOptions: ConnectOptions;
    readonly extraKwargs: Readonly<Record<string, unknown>>;
  }): ChatStream;
}

export interface SynthesizedAudio {
  readonly frame: AudioFrame;
  readonly timedTranscripts?: readonly {
    readonly text: string;
    readonly startTime?: number;
    readonly endTime?: number;
  }[];
}

/** A symbol in a stream of speech is END_OF_STREAM: the segment is complete. */
export interface SpokenStream extends AsyncIterable<SynthesizedAudio | symbol> {
  close(): void;
}

export interface TtsPlugin extends Fallible {
  readonly capabilities?: { readonly streaming?: boolean; readonly alignedTranscript?: boolean };
  stream(options: { readonly connOptions: ConnectOptions }): SpokenStream & {
    pushText(text: string): void;
    endInput(): void;
  };
  synthesize(text: string, connOptions: ConnectOptions, signal: AbortSignal): SpokenStream;
}

export type Plugin = SttPlugin | LlmPlugin | TtsPlugin;

/** What is used of the package @livekit/agents itself. */
export interface AgentsPackage {
  initializeLogger(options: { readonly pretty: boolean; readonly level: string }): void;
  readonly llm: {
    readonly ChatContext: new (items: readonly object[]) => object;
    readonly ChatMessage: {
      create(message: { readonly id: string; readonly role: string; readonly content: string }): object;
    };
    readonly FunctionCall: {
      create(call: {
        readonly id: string;
        readonly groupId: string;
        readonly callId: string;
        readonly name: string;
        readonly args: string;
      }): object;
    };
    readonly FunctionCallOutput: {
      create(output: {
        readonly callId: string;
        readonly name: string;
        readonly output: string;
        readonly isError: boolean;
      }): object;
    };
    tool(tool: {
      readonly name: string;
      readonly description: string;
      readonly parameters: Readonly<Record<string, unknown>>;
      readonly execute: () => Promise<unknown>;
    }): object;
  };
}
