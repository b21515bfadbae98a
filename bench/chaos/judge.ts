import { type ChaosCall, details } from './call.ts';
import { leavesNobody } from './plan.ts';
import { SLOTS } from './script.ts';
import { RATE_HZ } from './simulated_line.ts';
import { pitchesOf, wordsIn } from './tone_words.ts';

export const MOST_SILENT_MS = 3_000;
const FRAME_SAMPLES = RATE_HZ / 100;
const LEAST_LEVEL = 150;
/** Words that a takeover may cut or leave out. */
const WORDS_A_SWITCH = 1;

export interface Verdict {
  /** From the caller's last sound, or the answer, until the agent is heard, and within what it says. */
  readonly silencesMs: readonly number[];
  readonly repeatedSentences: readonly string[];
  readonly lostSlots: readonly string[];
  /** What was wrong, in words; nothing for a call that went well. */
  readonly failures: readonly string[];
}

/** Judges a call by what was heard and what is on record, without asking the engine. */
export function judge(call: ChaosCall): Verdict {
  const { plan, end, faults } = call;
  const silencesMs = silencesOf(call);
  const repeatedSentences = repeatsIn(call);
  const isHopeless = plan.target === 'both' && plan.kind === 'stt';
  const lostSlots = lostIn(call, isHopeless);
  const failures = [
    ...(call.struckAtMs === undefined ? ['the moment never came'] : []),
    ...(leavesNobody(plan) && !isHopeless ? [] : silencesMs)
      .filter(ms => ms > MOST_SILENT_MS)
      .map(ms => `silent for ${ms} ms`),
    ...repeatedSentences.map(text => `said twice: ${text}`),
    ...lostSlots.map(slot => `lost ${slot}`),
    ...(isHopeless ? apologyMissing(call) : disorderIn(call)),
    ...(transcriptDiffers(call) ? ['the transcript is not what was heard'] : []),
    ...call.violations.map(what => `against the protocol: ${what}`),
    ...call.leftOpen.map(what => `left open: ${what}`),
    ...(call.hungUp ? [] : ['never hung up']),
    ...(end.failed && !isHopeless ? [`ended by ${end.reason} (${faults.join('; ')})`] : []),
  ];
  return { silencesMs, repeatedSentences, lostSlots, failures };
}

/** Stretches in which the agent should be heard and is not, milliseconds. */
function silencesOf({ heard, turns }: ChaosCall): readonly number[] {
  const audible: number[] = [];
  for (let at = 0; at < heard.length; at += FRAME_SAMPLES)
    if (heard.subarray(at, at + FRAME_SAMPLES).some(sample => Math.abs(sample) > LEAST_LEVEL))
      audible.push((at * 1000) / RATE_HZ);
  const endMs = (heard.length * 1000) / RATE_HZ;
  const silences: number[] = [];
  for (const [index, sinceMs] of [0, ...turns.map(turn => turn.lastSoundMs)].entries()) {
    const untilMs = turns[index]?.onsetMs ?? endMs;
    const within = audible.filter(ms => ms >= sinceMs && ms < untilMs);
    const ends = within.length === 0 ? [sinceMs, untilMs] : [sinceMs, ...within];
    silences.push(Math.round(Math.max(...ends.slice(1).map((ms, at) => ms - ends[at]!))));
  }
  return silences;
}

/** Sentences that stand twice in one answer, in the transcript or, by their tones, in what was heard. */
function repeatsIn(call: ChaosCall): readonly string[] {
  const repeated = new Set<string>();
  for (const { text, startMs, endMs } of details(call.events, 'turn.agent')) {
    const sentences = text.match(/[^.?!]+[.?!]+/gu)?.map(sentence => sentence.trim()) ?? [];
    const tones = hasTonesOnly(call) ? pitchesIn(call, startMs, endMs, text) : '';
    for (const [at, sentence] of sentences.entries()) {
      if (sentences.indexOf(sentence) < at) repeated.add(sentence);
      const pitches = key(pitchesOf(sentence));
      if (pitches !== '' && tones.split(pitches).length > 2) repeated.add(sentence);
    }
  }
  const answers = details(call.events, 'turn.agent').map(({ text }) => text);
  for (const [at, answer] of answers.entries())
    if (at > 0 && answer === answers[at - 1]) repeated.add(answer);
  return [...repeated];
}

function lostIn(call: ChaosCall, isHopeless: boolean): readonly string[] {
  const known = new Map<string, unknown>();
  for (const { slot, value } of details(call.events, 'slot.set')) known.set(slot, value);
  // Without any recogniser, what the caller says from then on can't be known.
  const heardBefore = isHopeless ? Object.keys(SLOTS).slice(0, known.size) : Object.keys(SLOTS);
  return heardBefore.filter(slot => known.get(slot) !== SLOTS[slot]);
}

function disorderIn({ plan, events, end, turns }: ChaosCall): readonly string[] {
  const outcome = details(events, 'call.outcome').map(detail => detail.outcome);
  const misheard = details(events, 'turn.caller').filter(({ text }) => text === '').length;
  const asked = turns.filter(({ said }) => said.includes('all thank')).length;
  return [
    ...(outcome.join() === 'taken' ? [] : [`outcome ${outcome.join() || 'none'}`]),
    ...(end.reason === 'completed' || end.failed ? [] : [`ended by ${end.reason}`]),
    ...(misheard > 0 ? [`${misheard} turns not understood`] : []),
    ...(asked === 0 && !(plan.kind === 'llm' && leavesNobody(plan)) ? ['the model was given up'] : []),
  ];
}

function apologyMissing({ end, events }: ChaosCall): readonly string[] {
  const last = details(events, 'turn.agent').at(-1)?.text ?? '';
  return end.failed && last.includes('something went wrong') ? [] : ['no apology'];
}

/** Words that were heard, by their tones, against those on record; what one takeover or another may cost is allowed. */
function transcriptDiffers(call: ChaosCall): boolean {
  const { plan, events, heard, switches } = call;
  const isSpoiled = plan.kind === 'tts' && plan.fault.kind === 'corrupted' && plan.fault.corruption !== 'cut';
  if (!hasTonesOnly(call) || isSpoiled) return false;
  const said = details(events, 'turn.agent')
    .map(({ text }) => text)
    .join(' ');
  const allowed = WORDS_A_SWITCH * switches.filter(one => one.startsWith('tts')).length;
  return distance(pitchesOf(said), wordsIn(heard, RATE_HZ, said)) > allowed;
}

/** Flite's speech is no tones. */
function hasTonesOnly({ voices }: ChaosCall): boolean {
  return !voices.has('flite');
}

function pitchesIn({ heard }: ChaosCall, startMs: number, endMs: number, text: string): string {
  const [from, to] = [startMs, endMs].map(ms => Math.max(0, Math.round((ms * RATE_HZ) / 1000))) as [
    number,
    number,
  ];
  return key(wordsIn(heard.subarray(from, to), RATE_HZ, text));
}

function key(pitches: readonly number[]): string {
  return pitches.map(pitch => `<${pitch}>`).join('');
}

/** Words to be put in, left out or changed to make one of the other (Levenshtein). */
function distance(one: readonly number[], other: readonly number[]): number {
  let row = other.map((_, at) => at + 1);
  for (const [index, word] of one.entries()) {
    const next: number[] = [];
    for (const [at, heard] of other.entries()) {
      const diagonal = at === 0 ? index : row[at - 1]!;
      const left = at === 0 ? index + 1 : next[at - 1]!;
      next.push(Math.min(diagonal + (word === heard ? 0 : 1), left + 1, row[at]! + 1));
    }
    row = next;
  }
  return other.length === 0 ? one.length : row.at(-1)!;
}
