import type { Places } from '../../src/workflow/places.ts';
import type { WorkflowDocument } from '../../src/workflow/schema.ts';
import type { SlotSpec } from '../../src/workflow/slot_schema.ts';
import { conditionHolds } from '../scenario/conditions.ts';
import { TruthDraw } from '../scenario/draw.ts';
import type { Scenario } from '../scenario/schema.ts';
import type { Truth, Truths } from '../scenario/truth.ts';
import type { Phrasings } from '../speech/phrasings.ts';

/** What a caller knows and wants; what they change their mind about is changed here. */
export class Knowledge {
  readonly #draw: TruthDraw;
  readonly #documents: readonly WorkflowDocument[];
  readonly #own: Record<string, Truth | undefined>;
  #truths: Truths;
  #changes = 0;

  constructor(
    parts: {
      readonly scenario: Scenario;
      readonly documents: readonly WorkflowDocument[];
      readonly places: Places;
      readonly phrasings: Phrasings;
    },
    seed: number,
  ) {
    const { scenario, documents, places, phrasings } = parts;
    this.#documents = documents;
    const slots = slotsOf(documents);
    const asked = askedSlots(documents);
    this.#draw = new TruthDraw({ scenario, slots, asked, places, lists: phrasings.lists }, seed);
    this.#own = { ...this.#draw.all() };
    this.#truths = this.#withImplied();
  }

  /** By slot and fact, with what follows by the workflow's own rules. */
  get truths(): Truths {
    return this.#truths;
  }

  /** Another value that the slot could have. */
  other(slot: string): Truth | undefined {
    const truth = this.#truths[slot];
    if (typeof truth === 'boolean') return !truth;
    return this.#draw.another(slot, this.#changes);
  }

  /** From now on this is what the caller wants. */
  change(slot: string, value: Truth): void {
    this.#changes += 1;
    this.#own[slot] = value;
    this.#truths = this.#withImplied();
  }

  #withImplied(): Truths {
    const truths: Record<string, Truth | undefined> = { ...this.#own };
    for (const { stages } of this.#documents) {
      for (const stage of Object.values(stages)) {
        if (stage.kind !== 'form') continue;
        for (const { when, otherwise } of stage.questions)
          if (when !== undefined && !conditionHolds(when, truths)) Object.assign(truths, otherwise);
      }
    }
    return truths;
  }
}

/** Slots of several workflows; of the same name, that of the first. */
export function slotsOf(documents: readonly WorkflowDocument[]): Readonly<Record<string, SlotSpec>> {
  return Object.assign({}, ...documents.toReversed().map(({ slots }) => slots)) as Record<string, SlotSpec>;
}

/** Slots that a form asks for; others are filled by tools, or by the workflow itself. */
export function askedSlots(documents: readonly WorkflowDocument[]): ReadonlySet<string> {
  const asked = new Set<string>();
  for (const { stages } of documents) {
    for (const stage of Object.values(stages)) {
      if (stage.kind !== 'form') continue;
      for (const { slots, also } of stage.questions) for (const slot of [...slots, ...also]) asked.add(slot);
    }
  }
  return asked;
}
