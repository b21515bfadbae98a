import { createRequire } from 'node:module';
import { FRAME_MS, type PipelineRateHz } from '../../pipeline/frame.ts';
import type { Canceller } from './canceller.ts';

/** What rtc-node exchanges with its native library; it exports neither, so that this may change with any version. */
interface Bindings {
  livekitInitialize(callback: (event: Uint8Array) => void, captureLogs: boolean, version: string): void;
  livekitDispose(): Promise<void>;
  livekitFfiRequest(request: Uint8Array): Uint8Array;
  livekitRetrievePtr(samples: Uint8Array): bigint;
  FfiHandle: new (handle: bigint) => { dispose(): void };
  FfiRequest: new (message: { message: Request }) => { toBinary(): Uint8Array };
  FfiResponse: { fromBinary(bytes: Uint8Array): { message: Response } };
}

interface Audio {
  apmHandle: bigint;
  dataPtr: bigint;
  size: number;
  sampleRate: number;
  numChannels: number;
}

type Request =
  | { case: 'newApm'; value: Readonly<Record<string, boolean>> }
  | { case: 'apmProcessStream' | 'apmProcessReverseStream'; value: Audio };

interface Response {
  readonly value: { readonly apm?: { readonly handle?: { readonly id?: bigint } }; readonly error?: string };
}

/** Which parts of WebRTC's audio processing work. */
type WebrtcParts = Readonly<Record<string, boolean>>;

export const EVERYTHING: WebrtcParts = {
  echoCancellerEnabled: true,
  gainControllerEnabled: true,
  highPassFilterEnabled: true,
  noiseSuppressionEnabled: true,
};

/** AEC3 alone of all that WebRTC's audio processing can do. */
const ECHO_ONLY = {
  echoCancellerEnabled: true,
  gainControllerEnabled: false,
  highPassFilterEnabled: false,
  noiseSuppressionEnabled: false,
};
const FULL_SCALE = 32_768;

/** WebRTC's echo canceller, AEC3, as rtc-node brings it along. */
export interface Webrtc {
  /** @throws Error when the native library has no audio processing */
  open(rateHz: PipelineRateHz, parts?: WebrtcParts): Canceller;
  /** Without it, the library's threads keep the process alive. */
  close(): Promise<void>;
}

/** @throws Error when the native library does not load */
export function loadWebrtc(): Webrtc {
  const bindings = loadBindings();
  return {
    open: (rateHz, parts = ECHO_ONLY) => openApm(bindings, rateHz, parts),
    close: () => bindings.livekitDispose(),
  };
}

function openApm(bindings: Bindings, rateHz: PipelineRateHz, parts: WebrtcParts): Canceller {
  const handle = ask(bindings, { case: 'newApm', value: parts }).apm?.handle?.id;
  if (handle === undefined) throw new Error('this version of rtc-node has no audio processing');
  const owned = new bindings.FfiHandle(handle);
  const [far, mic] = [openWay(bindings, handle, rateHz), openWay(bindings, handle, rateHz)];
  return {
    delayMs: 0,
    cancel: (farSamples, micSamples) => {
      far('apmProcessReverseStream', farSamples);
      mic('apmProcessStream', micSamples);
    },
    close: () => owned.dispose(),
  };
}

function loadBindings(): Bindings {
  const fromHere = createRequire(import.meta.url);
  // Not a dependency of this project's: whatever rtc-node comes with.
  const bindings = createRequire(fromHere.resolve('@livekit/rtc-node'))(
    '@livekit/rtc-ffi-bindings',
  ) as Bindings;
  bindings.livekitInitialize(() => {}, true, 'bench');
  return bindings;
}

function ask({ FfiRequest, FfiResponse, livekitFfiRequest }: Bindings, request: Request): Response['value'] {
  const answer = livekitFfiRequest(new FfiRequest({ message: request }).toBinary());
  const { value } = FfiResponse.fromBinary(answer).message;
  if (value.error !== undefined && value.error !== '') throw new Error(`audio processing: ${value.error}`);
  return value;
}

/** One way's buffer of 16-bit samples, and how a frame of it is processed in place. */
function openWay(
  bindings: Bindings,
  apmHandle: bigint,
  sampleRate: PipelineRateHz,
): (kind: 'apmProcessStream' | 'apmProcessReverseStream', samples: Float32Array) => void {
  const pcm = new Int16Array((sampleRate * FRAME_MS) / 1000);
  const bytes = new Uint8Array(pcm.buffer);
  const size = bytes.length;
  const dataPtr = bindings.livekitRetrievePtr(bytes);
  return (kind, samples) => {
    for (let i = 0; i < pcm.length; i += 1) pcm[i] = Math.round(samples[i]! * FULL_SCALE);
    ask(bindings, { case: kind, value: { apmHandle, dataPtr, size, sampleRate, numChannels: 1 } });
    if (kind === 'apmProcessStream')
      for (let i = 0; i < pcm.length; i += 1) samples[i] = pcm[i]! / FULL_SCALE;
  };
}
