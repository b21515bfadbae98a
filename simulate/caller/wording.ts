import type { SeededRandom } from '../../bench/caller/random.ts';
import type { Places } from '../../src/workflow/places.ts';
import type { SlotSpec } from '../../src/workflow/slot_schema.ts';
import type { Persona } from '../persona/schema.ts';
import type { Scenario } from '../scenario/schema.ts';
import type { Truth } from '../scenario/truth.ts';
import type { Phrasings } from '../speech/phrasings.ts';
import { digitsOf, keysFor, sayValue, spellValue } from '../speech/say_value.ts';

export interface WordingParts {
  readonly scenario: Scenario;
  readonly slots: Readonly<Record<string, SlotSpec>>;
  readonly places: Places;
  readonly phrasings: Phrasings;
  readonly persona: Persona;
  readonly random: SeededRandom;
}

/** Kinds whose values are not said wrong on purpose: nothing would be read back of them that shows it. */
const NEVER_WRONG: ReadonlySet<string> = new Set(['text', 'yes_no']);
/** Words that begin a whole sentence already. */
const WHOLE =
  /^(it's|it is|i|i'd|i'm|we|we're|we've|there|there's|that|that's|they|yes|yeah|no|not|my|just|one of|about|mostly)\b/i;

/** How this caller puts values into words. */
export class Wording {
  readonly #parts: WordingParts;

  constructor(parts: WordingParts) {
    this.#parts = parts;
  }

  /** Several values in one breath; plainly when asked again. */
  values(given: readonly { readonly slot: string; readonly value: Truth }[], timesAsked: number): string {
    return given
      .map(({ slot, value }, index) => {
        const words = this.value(slot, value, given.length > 1 ? Math.max(1, timesAsked) : timesAsked);
        return index === 0 ? words : `${this.#phrasing(slot)?.joint ?? ', '}${words}`;
      })
      .join('');
  }

  /** One value, with a sentence around it where the caller likes to talk. */
  value(slot: string, value: Truth, timesAsked: number): string {
    const { persona, random } = this.#parts;
    if (this.#spec(slot)?.kind === 'yes_no') return this.#yesNo(slot, value === true, timesAsked);
    const bare = this.bare(slot, value, timesAsked);
    const frames = this.#phrasing(slot)?.frames ?? [];
    if (timesAsked > 0 || frames.length === 0 || WHOLE.test(bare)) return bare;
    if (!random.chance(persona.wordiness)) return this.#spelledAlong(slot, value, bare);
    return this.#spelledAlong(slot, value, random.pick(frames).replace('{value}', bare));
  }

  /** The value alone. */
  bare(slot: string, value: Truth, timesAsked: number): string {
    const { scenario, places, random } = this.#parts;
    const spec = this.#spec(slot);
    if (spec === undefined) return String(value);
    if (spec.kind === 'yes_no') return value === true ? 'yes' : 'no';
    return sayValue(spec, value, this.#style(spec.kind, timesAsked), {
      places,
      todayIso: scenario.today,
      says: scenario.says[slot] ?? {},
      pick: options => random.pick(options),
    });
  }

  /** When asked to spell it, or to say it digit by digit. */
  byStep(slot: string, value: Truth, by: 'spelling' | 'digits'): string {
    const { places, random } = this.#parts;
    const spec = this.#spec(slot);
    if (spec === undefined) return String(value);
    if (by === 'digits') return digitsOf(value);
    return spellValue(spec, value, places, random.chance(0.3)) ?? this.bare(slot, value, 1);
  }

  keys(slot: string, value: Truth): string {
    const spec = this.#spec(slot);
    return spec === undefined ? String(value) : keysFor(spec, value, this.#parts.places);
  }

  /** Whether a wrong value may be said for it. */
  canBeWrong(slot: string): boolean {
    const spec = this.#spec(slot);
    return spec !== undefined && !NEVER_WRONG.has(spec.kind);
  }

  #yesNo(slot: string, yes: boolean, timesAsked: number): string {
    const { persona, random, scenario } = this.#parts;
    const phrasing = this.#phrasing(slot);
    if (timesAsked > 0) return yes ? 'yes' : 'no';
    const own = scenario.says[slot]?.[String(yes)];
    if (own !== undefined && random.chance(0.2 + persona.wordiness)) return random.pick(own);
    return random.pick((yes ? phrasing?.yes : phrasing?.no) ?? [yes ? 'yes' : 'no']);
  }

  #spelledAlong(slot: string, value: Truth, words: string): string {
    const { persona, places, random } = this.#parts;
    const spec = this.#spec(slot);
    if (
      persona.spelling === 0 ||
      spec === undefined ||
      !['name', 'company', 'street', 'town'].includes(spec.kind)
    )
      return words;
    if (!random.chance(persona.spelling)) return words;
    const letters = spellValue(spec, value, places, false);
    return letters === undefined ? words : `${words}, ${letters}`;
  }

  /** As the persona likes it, else by weight; another one when asked again. */
  #style(kind: string, timesAsked: number): string {
    const { persona, phrasings, random } = this.#parts;
    const styles = Object.entries(phrasings.kinds.get(kind)?.styles ?? {});
    const liked = persona.styles[kind];
    if (liked !== undefined && timesAsked === 0) return liked;
    if (timesAsked > 0) return styles[(timesAsked - 1) % Math.max(1, styles.length)]?.[0] ?? '';
    let left = random.next() * styles.reduce((sum, [, weight]) => sum + weight, 0);
    for (const [style, weight] of styles) {
      left -= weight;
      if (left < 0) return style;
    }
    return styles[0]?.[0] ?? '';
  }

  #spec(slot: string): SlotSpec | undefined {
    return this.#parts.slots[slot];
  }

  #phrasing(slot: string) {
    const kind = this.#spec(slot)?.kind;
    return kind === undefined ? undefined : this.#parts.phrasings.kinds.get(kind);
  }
}
