import { BinaryReader, BinaryWriter, WireType } from '@bufbuild/protobuf';

/**
 * The messages of google.cloud.speech.v2.Speech/StreamingRecognize, with those of their fields that are told or read
 * (https://cloud.google.com/speech-to-text/v2/docs/reference/rpc/google.cloud.speech.v2).
 */
export const STREAMING_RECOGNIZE = '/google.cloud.speech.v2.Speech/StreamingRecognize';

/** StreamingRecognizeRequest: the settings first, then sound. */
export type SpeechRequest =
  | { readonly type: 'config'; readonly config: SpeechConfig }
  /** 16-bit little-endian; at most 15 KB. */
  | { readonly type: 'audio'; readonly bytes: Uint8Array };

interface SpeechConfig {
  /** projects/…/locations/…/recognizers/… */
  readonly recognizer: string;
  readonly model: string;
  /** BCP 47. */
  readonly language: string;
  readonly rateHz: number;
  readonly phrases: readonly string[];
  readonly interimResults: boolean;
}

/** StreamingRecognitionResult with its best alternative; a confidence of 0 is none. */
export interface SpeechResult {
  readonly text: string;
  readonly confidence: number;
  readonly isFinal: boolean;
}

export function writeRequest(request: SpeechRequest): Buffer {
  const writer = new BinaryWriter();
  if (request.type === 'audio') {
    writer.tag(5, WireType.LengthDelimited).bytes(request.bytes);
    return Buffer.from(writer.finish());
  }
  const { recognizer, interimResults } = request.config;
  writer.tag(3, WireType.LengthDelimited).string(recognizer);
  writer.tag(6, WireType.LengthDelimited).fork();
  writer.tag(1, WireType.LengthDelimited).fork();
  writeConfig(writer, request.config);
  writer.join();
  // StreamingRecognitionFeatures.
  writer.tag(2, WireType.LengthDelimited).fork().tag(2, WireType.Varint).bool(interimResults).join();
  writer.join();
  return Buffer.from(writer.finish());
}

/** RecognitionConfig. */
function writeConfig(writer: BinaryWriter, { model, language, rateHz, phrases }: SpeechConfig): void {
  // RecognitionFeatures: a confidence is only measured where words have one.
  writer.tag(2, WireType.LengthDelimited).fork().tag(3, WireType.Varint).bool(true).join();
  // ExplicitDecodingConfig: LINEAR16, one channel.
  writer.tag(8, WireType.LengthDelimited).fork();
  writer.tag(1, WireType.Varint).int32(1).tag(2, WireType.Varint).int32(rateHz);
  writer.tag(3, WireType.Varint).int32(1).join();
  writer.tag(9, WireType.LengthDelimited).string(model);
  writer.tag(10, WireType.LengthDelimited).string(language);
  if (phrases.length === 0) return;
  // SpeechAdaptation with one AdaptationPhraseSet, an inline PhraseSet.
  writer.tag(6, WireType.LengthDelimited).fork();
  writer.tag(1, WireType.LengthDelimited).fork().tag(2, WireType.LengthDelimited).fork();
  for (const phrase of phrases) {
    writer.tag(3, WireType.LengthDelimited).fork().tag(1, WireType.LengthDelimited).string(phrase).join();
  }
  writer.join().join().join();
}

/** StreamingRecognizeResponse; undefined for what is none. */
export function readResponse(bytes: Buffer): readonly SpeechResult[] | undefined {
  const results: SpeechResult[] = [];
  try {
    eachField(new BinaryReader(bytes), (field, wire, reader) => {
      if (field !== 6 || wire !== WireType.LengthDelimited) return false;
      results.push(readResult(new BinaryReader(reader.bytes())));
      return true;
    });
  } catch {
    return undefined;
  }
  return results;
}

function readResult(message: BinaryReader): SpeechResult {
  let best: { text: string; confidence: number } | undefined;
  let isFinal = false;
  eachField(message, (field, wire, reader) => {
    if (field === 1 && wire === WireType.LengthDelimited) {
      const alternative = readAlternative(new BinaryReader(reader.bytes()));
      best ??= alternative;
    } else if (field === 2 && wire === WireType.Varint) isFinal = reader.bool();
    else return false;
    return true;
  });
  return { text: '', confidence: 0, ...best, isFinal };
}

function readAlternative(message: BinaryReader): { text: string; confidence: number } {
  let [text, confidence] = ['', 0];
  eachField(message, (field, wire, reader) => {
    if (field === 1 && wire === WireType.LengthDelimited) text = reader.string();
    else if (field === 2 && wire === WireType.Bit32) confidence = reader.float();
    else return false;
    return true;
  });
  return { text, confidence };
}

/**
 * Milliseconds of the google.rpc.RetryInfo in a google.rpc.Status, which is what grpc-status-details-bin holds
 * (https://google.aip.dev/193); undefined where there is none.
 */
export function readRetryDelay(status: Uint8Array): number | undefined {
  let delayMs: number | undefined;
  try {
    eachField(new BinaryReader(status), (field, wire, reader) => {
      if (field !== 3 || wire !== WireType.LengthDelimited) return false;
      delayMs ??= readRetryInfo(new BinaryReader(reader.bytes()));
      return true;
    });
  } catch {
    return undefined;
  }
  return delayMs;
}

/** google.protobuf.Any that may hold one. */
function readRetryInfo(any: BinaryReader): number | undefined {
  let type = '';
  let value = new Uint8Array(0);
  eachField(any, (field, wire, reader) => {
    if (wire !== WireType.LengthDelimited || field > 2) return false;
    if (field === 1) type = reader.string();
    else value = Uint8Array.from(reader.bytes());
    return true;
  });
  if (!type.endsWith('/google.rpc.RetryInfo')) return undefined;
  let delayMs: number | undefined;
  eachField(new BinaryReader(value), (field, wire, reader) => {
    if (field !== 1 || wire !== WireType.LengthDelimited) return false;
    delayMs = readDuration(new BinaryReader(reader.bytes()));
    return true;
  });
  return delayMs;
}

function readDuration(duration: BinaryReader): number {
  let ms = 0;
  eachField(duration, (field, wire, reader) => {
    if (wire !== WireType.Varint || field > 2) return false;
    ms += field === 1 ? Number(reader.int64()) * 1000 : reader.int32() / 1e6;
    return true;
  });
  return Math.max(0, ms);
}

/** Hands each field to `take`; what it does not take is passed over. */
function eachField(
  reader: BinaryReader,
  take: (field: number, wire: WireType, reader: BinaryReader) => boolean,
): void {
  while (reader.pos < reader.len) {
    const [field, wire] = reader.tag();
    if (!take(field, wire, reader)) reader.skip(wire);
  }
}
