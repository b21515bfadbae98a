import { TrunklineError } from '../../config/errors.ts';
import { LIMITS } from '../../config/limits.ts';
import type { SpokenSentence, SpokenWord, Tts } from '../types.ts';
import { type FliteOptions, type Rendering, renderLines, type Segment } from './flite_process.ts';
import { SentenceCache } from './sentence_cache.ts';
import { SharedWork } from './shared_work.ts';
import { atRate, normalizeLevel } from './speech_level.ts';
import { type Phrase, type SpokenToken, spokenPhrases } from './spoken_text.ts';
import { Turnstile } from './turnstile.ts';

/** At which sentences are put together; a voice of another rate is brought to it. */
const RENDER_RATE_HZ = 16_000;
/** Active level of a well-spoken telephone line (ITU-T P.56 measure). */
const LEVEL_DBFS = -20;
/** Silence kept around each phrase; flite itself leaves 200 ms, which the listener would wait for. */
const LEAD_SECONDS = 0.02;
const TAIL_SECONDS = 0.06;

/**
 * Speech from flite, a small synthesiser that runs anywhere: about 20 ms of processor time a second of speech, one
 * process a sentence, never a shell. Sentences once rendered are kept, and rendered once for all who ask at once.
 */
export function createFliteTts(options: Partial<FliteOptions> = {}): Tts {
  const flite: FliteOptions = {
    program: options.program ?? 'flite',
    voice: options.voice ?? 'rms',
    stretch: options.stretch ?? 1,
  };
  const cache = new SentenceCache(LIMITS.ttsCacheBytes);
  const rendering = new SharedWork<SpokenSentence>();
  const turnstile = new Turnstile(LIMITS.ttsProcesses, LIMITS.ttsQueuedSentences);
  const closing = new AbortController();

  const render = async (sentence: string, signal: AbortSignal): Promise<SpokenSentence> => {
    const phrases = spokenPhrases(sentence);
    if (phrases.length === 0) return { pcm: new Int16Array(0), rateHz: RENDER_RATE_HZ, words: [] };
    const lines = phrases.map(phraseLine);
    return turnstile.pass(async () => assemble(phrases, await renderLines(lines, flite, signal)), signal);
  };

  const kept = async (key: string, make: () => Promise<SpokenSentence>): Promise<SpokenSentence> => {
    const known = cache.get(key);
    if (known !== undefined) return known;
    const spoken = await make();
    cache.set(key, spoken);
    return spoken;
  };

  const renderOnce = (sentence: string, signal: AbortSignal): Promise<SpokenSentence> =>
    kept(`${RENDER_RATE_HZ} ${sentence}`, () =>
      rendering.join(sentence, signal, shared => render(sentence, AbortSignal.any([shared, closing.signal]))),
    );

  return {
    name: 'flite',
    async *speak(sentence, { rateHz, signal }) {
      signal.throwIfAborted();
      if (sentence.length > LIMITS.ttsSentenceCharacters) {
        throw new TrunklineError('TTS_FAILED', `a sentence of ${sentence.length} characters`);
      }
      if (rateHz === RENDER_RATE_HZ) yield await renderOnce(sentence, signal);
      else
        yield await kept(`${rateHz} ${sentence}`, async () => {
          const wide = await renderOnce(sentence, signal);
          return { ...wide, pcm: atRate(wide.pcm, RENDER_RATE_HZ, rateHz), rateHz };
        });
    },
    async close() {
      closing.abort(new TrunklineError('TTS_FAILED', 'the synthesiser was closed'));
      await turnstile.idle();
    },
  };
}

/** One line of text, so that flite makes one utterance of it. */
function phraseLine(phrase: Phrase): string {
  const text = phrase.tokens
    .map(token => token.spoken)
    .filter(spoken => spoken !== '')
    .join(' ')
    .replace(/[,\s]+$/u, '');
  return /[.?!]$/u.test(text) ? text : `${text}.`;
}

/** Cuts the phrases out of the rendering, sets the pauses between them and times the words. */
function assemble(phrases: readonly Phrase[], rendering: Rendering): SpokenSentence {
  const rendered = atRate(rendering.pcm, rendering.rateHz, RENDER_RATE_HZ);
  if (rendering.utterances.length !== phrases.length) {
    throw new TrunklineError(
      'TTS_FAILED',
      `flite spoke ${rendering.utterances.length} of ${phrases.length} phrases`,
    );
  }
  const pieces: Int16Array[] = [];
  const words: SpokenWord[] = [];
  const printedSeconds = rendering.utterances.reduce(
    (sum, segments) => sum + (segments.at(-1)?.endSeconds ?? 0),
    0,
  );
  const scale = rendered.length / RENDER_RATE_HZ / (printedSeconds || 1);
  let offsetSeconds = 0;
  let length = 0;
  phrases.forEach((phrase, at) => {
    const segments = rendering.utterances[at]!;
    const spans = speechSpans(segments);
    const first = Math.max(0, (spans[0]?.start ?? 0) - LEAD_SECONDS);
    const last = (spans.at(-1)?.end ?? 0) + TAIL_SECONDS;
    const sampleAt = (seconds: number) => Math.round((offsetSeconds + seconds) * scale * RENDER_RATE_HZ);
    const piece = rendered.subarray(sampleAt(first), sampleAt(last));
    words.push(...timeWords(phrase.tokens, spans, length / RENDER_RATE_HZ - first));
    const pause = new Int16Array(Math.round((phrase.pauseMs / 1_000) * RENDER_RATE_HZ));
    pieces.push(piece, pause);
    length += piece.length + pause.length;
    offsetSeconds += segments.at(-1)?.endSeconds ?? 0;
  });
  const pcm = new Int16Array(length);
  let filled = 0;
  for (const piece of pieces) {
    pcm.set(piece, filled);
    filled += piece.length;
  }
  normalizeLevel(pcm, RENDER_RATE_HZ, LEVEL_DBFS);
  return { pcm, rateHz: RENDER_RATE_HZ, words };
}

interface Span {
  readonly start: number;
  readonly end: number;
}

/** Where there is speech, in seconds from the start of the utterance. */
function speechSpans(segments: readonly Segment[]): Span[] {
  const spans: Span[] = [];
  let start = 0;
  let open: { start: number; end: number } | undefined;
  for (const { phone, endSeconds } of segments) {
    if (phone === 'pau') open = undefined;
    else if (open === undefined) {
      open = { start, end: endSeconds };
      spans.push(open);
    } else open.end = endSeconds;
    start = endSeconds;
  }
  return spans;
}

/**
 * Word times: phrases between pauses are laid on the spans of speech when their number agrees, and within a span each
 * word takes a share by its length.
 */
function timeWords(
  tokens: readonly SpokenToken[],
  spans: readonly Span[],
  shiftSeconds: number,
): SpokenWord[] {
  const groups = pausedGroups(tokens);
  if (groups.length !== spans.length) {
    const whole = { start: spans[0]?.start ?? 0, end: spans.at(-1)?.end ?? 0 };
    return layOut(tokens, whole, shiftSeconds);
  }
  return groups.flatMap((group, at) => layOut(group, spans[at]!, shiftSeconds));
}

function pausedGroups(tokens: readonly SpokenToken[]): SpokenToken[][] {
  const groups: SpokenToken[][] = [[]];
  for (const [at, token] of tokens.entries()) {
    groups.at(-1)!.push(token);
    if (token.spoken.endsWith(',') && at < tokens.length - 1) groups.push([]);
  }
  return groups;
}

function layOut(tokens: readonly SpokenToken[], span: Span, shiftSeconds: number): SpokenWord[] {
  const weights = tokens.map(token => Math.max(2, token.spoken.replace(/[^A-Za-z]/gu, '').length));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  let before = 0;
  return tokens.map((token, at) => {
    const startSeconds = span.start + ((span.end - span.start) * before) / total;
    before += weights[at]!;
    const endSeconds = span.start + ((span.end - span.start) * before) / total;
    return {
      word: token.shown,
      startMs: positiveMs(startSeconds + shiftSeconds),
      endMs: positiveMs(endSeconds + shiftSeconds),
    };
  });
}

function positiveMs(seconds: number): number {
  return Math.max(0, Math.round(seconds * 1_000));
}
