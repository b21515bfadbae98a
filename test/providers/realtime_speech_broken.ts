import { createOpenAiSpeech } from '../../src/providers/speech/openai_realtime.ts';
import type {
  CallerSpeech,
  SpeechConversation,
  SpeechEngine,
  SpeechPart,
  SpokenAnswer,
} from '../../src/providers/speech/types.ts';
import type { Create } from './realtime_speech_rig.ts';

type Change = (answer: SpokenAnswer) => Partial<SpokenAnswer>;

/** Whose answers are not as they should be. */
function answering(change: Change): Create {
  return withSpeech(speech => ({
    answer: setup => {
      const answer = speech.answer(setup);
      const plain: SpokenAnswer = {
        heard: answer.heard,
        parts: answer.parts,
        goOn: outputs => answer.goOn(outputs),
        leave: outputs => answer.leave(outputs),
        replaced: text => answer.replaced(text),
        stop: () => answer.stop(),
        wasHeard: soundMs => answer.wasHeard(soundMs),
        forget: () => answer.forget(),
      };
      return { ...plain, ...change(answer) };
    },
  }));
}

function withSpeech(change: (speech: CallerSpeech) => Partial<CallerSpeech>): Create {
  return withConversation(conversation => ({
    hear: () => {
      const speech = conversation.hear();
      const { write, answer, cancel } = speech;
      return { write, answer, cancel, ...change(speech) };
    },
  }));
}

function withConversation(change: (conversation: SpeechConversation) => Partial<SpeechConversation>): Create {
  return options => {
    const engine = createOpenAiSpeech(options);
    return {
      name: engine.name,
      close: () => engine.close(),
      open: opening => {
        const conversation = engine.open(opening);
        const changed = change(conversation);
        return {
          get isFit() {
            return changed.isFit ?? conversation.isFit;
          },
          hear: changed.hear ?? (() => conversation.hear()),
          close: changed.close ?? (() => conversation.close()),
        };
      },
    } satisfies SpeechEngine;
  };
}

async function* onlySome(
  answer: SpokenAnswer,
  isPassed: (part: SpeechPart) => boolean,
): AsyncGenerator<SpeechPart> {
  for await (const part of answer.parts) if (isPassed(part)) yield part;
}

async function* untilTrouble(answer: SpokenAnswer): AsyncGenerator<SpeechPart> {
  try {
    yield* answer.parts;
  } catch {
    // As if it were whole.
  }
}

/** Engines broken on purpose, and the check that has to notice it. */
export const BROKEN: readonly (readonly [what: string, create: Create, check: string])[] = [
  [
    'remembers all that it said, heard or not',
    answering(() => ({ wasHeard: () => undefined })),
    'interrupted in mid-answer: gives up, and remembers as much as was heard',
  ],
  [
    'cuts where it was not cut',
    answering(answer => ({ wasHeard: soundMs => answer.wasHeard(soundMs + 200) })),
    'interrupted in mid-answer: gives up, and remembers as much as was heard',
  ],
  [
    'tells nothing of what its calls came to',
    answering(answer => ({ goOn: () => answer.goOn([]) })),
    'goes on with what its calls came to',
  ],
  [
    'does not know what was said in its place',
    answering(answer => ({ replaced: () => answer.wasHeard(0) })),
    'remembers what was said in its place',
  ],
  [
    'forgets nothing',
    answering(answer => ({ forget: () => answer.stop() })),
    'never said: remembers neither, whenever that is known',
  ],
  [
    'goes on when it is told to stop',
    answering(() => ({ stop: () => undefined })),
    'interrupted in mid-answer: gives up, and remembers as much as was heard',
  ],
  [
    'swallows its failures',
    answering(answer => ({ parts: untilTrouble(answer) })),
    'tells what is wrong of an answer: {"type":"stalled"}',
  ],
  [
    'never says what was said to it',
    answering(() => ({ heard: Promise.resolve(undefined) })),
    'hears a turn whole, and answers with sound, its words and its calls',
  ],
  [
    'calls nothing',
    answering(answer => ({ parts: onlySome(answer, ({ type }) => type !== 'toolCall') })),
    'hears a turn whole, and answers with sound, its words and its calls',
  ],
  ['hears what was no turn', withSpeech(() => ({ cancel: () => undefined })), 'forgets what was no turn'],
  [
    'takes itself for fit',
    withConversation(() => ({ isFit: true })),
    'a kept connection that is gone is not fit',
  ],
  [
    'stays open',
    withConversation(() => ({ close: () => undefined })),
    'leaves nothing open, in the middle of an answer either',
  ],
  [
    'is who it was at first',
    withSpeech(speech => ({ answer: () => speech.answer({ instructions: 'You are Robin.', tools: [] }) })),
    'is told anew who it is, where that changes, and of no voice again',
  ],
];
