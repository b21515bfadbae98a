import type { LoadedFlow } from './load.ts';
import type { SlotSpec } from './slot_schema.ts';
import { placeholdersOf } from './speak/template.ts';
import type { StageSpec } from './stage_schema.ts';
import { variantsOf } from './text_schema.ts';

type PromptRole =
  | 'say'
  | 'consent'
  | 'question'
  | 'help'
  | 'readBack'
  | 'echo'
  | 'repair'
  | 'invalid'
  | 'phrase'
  | 'price'
  | 'total';

/** A sentence that the agent of a workflow may say. */
export interface PromptPattern {
  readonly role: PromptRole;
  /** Where it stands: a stage, a slot, a tool, a phrase, or the label of a price. */
  readonly of: string;
  /** The slots that an answer fills. */
  readonly slots: readonly string[];
  /** `{slot}` stands for a slot's value in words; amount, miles, options, letters and name for the engine's own. */
  readonly template: string;
}

/** Every sentence of a workflow: what a program that listens to the agent has to expect. */
export function promptPatterns(flow: LoadedFlow): readonly PromptPattern[] {
  const { stages, slots, phrases, always, pricing, tools, topics, resume } = flow.document;
  const patterns = [
    ...Object.entries(stages).flatMap(([name, stage]) => stagePatterns(name, stage)),
    ...Object.entries(slots).flatMap(([name, slot]) => slotPatterns(name, slot)),
    ...Object.entries(phrases)
      .filter(([name]) => name !== 'everything')
      .flatMap(([name, said]) => [said].flat().map(sentence => pattern('phrase', name, sentence))),
    ...Object.entries(tools).flatMap(([name, { filler }]) =>
      filler === undefined ? [] : [pattern('say', name, filler)],
    ),
    ...Object.entries(always).flatMap(([name, said]) =>
      [said].flat().map(sentence => pattern('phrase', name, sentence)),
    ),
    ...Object.entries(topics).flatMap(([name, { answers }]) =>
      answers.map(said => pattern('say', name, said)),
    ),
    ...(resume === undefined
      ? []
      : [...resume.say, resume.ask, resume.help, resume.confirm?.say ?? [], resume.yes ?? [], resume.no ?? []]
          .flat()
          .map(said => pattern('phrase', 'resume', said))),
    ...(pricing?.lines ?? []).map(({ label, say }) => pattern('price', label, say)),
  ];
  return patterns.flatMap(one => {
    return withTexts(one.template, flow.document.texts).map(template =>
      pattern(one.role, one.of, template, one.slots),
    );
  });
}

/** A sentence with its texts written out, once for each of their variants. */
function withTexts(template: string, texts: LoadedFlow['document']['texts']): readonly string[] {
  const name = placeholdersOf(template).find(one => Object.hasOwn(texts, one));
  const text = name === undefined ? undefined : texts[name];
  if (text === undefined) return [template];
  const variants = [text.default, ...variantsOf(text).map(([, variant]) => variant)].map(({ say }) => say);
  const said = [...new Set(variants)].map(say => template.replaceAll(`{${name}}`, () => say));
  return said.flatMap(one => withTexts(one, texts)).map(one => one.charAt(0).toUpperCase() + one.slice(1));
}

/** Sentences that are the same in every call. */
export function fixedSentences(flow: LoadedFlow): readonly string[] {
  return promptPatterns(flow)
    .map(({ template }) => template)
    .filter(template => !template.includes('{'));
}

function pattern(
  role: PromptRole,
  of: string,
  template: string,
  slots: readonly string[] = [],
): PromptPattern {
  return { role, of, slots, template };
}

function slotPatterns(name: string, { repair, invalid }: SlotSpec): readonly PromptPattern[] {
  const prompts = repair.map(({ prompt }) => pattern('repair', name, prompt, [name]));
  const helps = repair.flatMap(({ help }) => help ?? []).map(help => pattern('help', name, help));
  return [...prompts, ...helps, ...(invalid === undefined ? [] : [pattern('invalid', name, invalid)])];
}

function stagePatterns(name: string, stage: StageSpec): readonly PromptPattern[] {
  const said = stage.say.map(sentence => pattern('say', name, sentence));
  switch (stage.kind) {
    case 'form':
      return [
        ...said,
        ...stage.questions.flatMap(({ prompt, help, slots }) => [
          pattern('question', name, prompt, slots),
          pattern('help', name, help),
        ]),
        ...stage.readBack.map(({ say }) => pattern('readBack', name, say)),
        ...(stage.echo === undefined ? [] : [pattern('echo', name, stage.echo)]),
      ];
    case 'consent':
      return [
        ...said,
        pattern('consent', name, stage.ask),
        pattern('help', name, stage.help),
        ...[stage.announce, stage.granted, stage.refused].map(sentence => pattern('say', name, sentence)),
      ];
    case 'quote':
      return [...said, pattern('total', name, stage.total)];
    case 'talk':
    case 'act':
      return [...said, ...(stage.filler === undefined ? [] : [pattern('say', name, stage.filler)])];
    default:
      return said;
  }
}
