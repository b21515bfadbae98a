import type { Recognition, Stt, SttSession } from '../../src/providers/types.ts';
import type { StreamingSttRig } from './streaming_stt_rig.ts';

/** What never comes is not waited for any longer. */
const PATIENCE_MS = 5_000;

/** A rig whose provider is broken on purpose. */
export function broken(rig: StreamingSttRig, breakIt: (stt: Stt) => Partial<Stt>): StreamingSttRig {
  return {
    name: `broken ${rig.name}`,
    patienceMs: PATIENCE_MS,
    async start(settings) {
      const running = await rig.start(settings);
      const { stt } = running;
      const sound: Stt = {
        name: stt.name,
        prepare: expect => stt.prepare(expect),
        open: options => stt.open(options),
        close: () => stt.close(),
      };
      return { ...running, stt: { ...sound, ...breakIt(stt) } };
    },
  };
}

/** Hears the same, whatever is said. */
export function deaf(): Partial<Stt> {
  const heard: Recognition = { text: 'hello', confidence: 0.9, alternatives: [] };
  return { open: () => ({ write: () => {}, finish: async () => heard, cancel: () => {} }) };
}

/** Loses the first piece of what is said. */
export function late(stt: Stt): Partial<Stt> {
  return {
    open(options) {
      const session = stt.open(options);
      let isFirst = true;
      return {
        write(pcm) {
          if (!isFirst) session.write(pcm);
          isFirst = false;
        },
        finish: () => session.finish(),
        cancel: () => session.cancel(),
      };
    },
  };
}

/** Ends an utterance that was given up as if it were one: its words stay on the connection. */
export function stubborn(stt: Stt): Partial<Stt> {
  return {
    open(options): SttSession {
      const session = stt.open(options);
      return {
        write: pcm => session.write(pcm),
        finish: () => session.finish(),
        cancel: () => void session.finish().catch(() => {}),
      };
    },
  };
}

/** Takes every failure for silence. */
export function optimistic(stt: Stt): Partial<Stt> {
  return {
    open(options): SttSession {
      const session = stt.open(options);
      return {
        write: pcm => session.write(pcm),
        finish: () => session.finish().catch(() => ({ text: '', confidence: 0, alternatives: [] })),
        cancel: () => session.cancel(),
      };
    },
  };
}

/** Tells every partial twice, and the last one first. */
export function stammering(stt: Stt): Partial<Stt> {
  return {
    open(options) {
      const { onPartial, ...others } = options;
      return stt.open({
        ...others,
        onPartial: text => {
          onPartial?.(text);
          onPartial?.(text);
        },
      });
    },
  };
}
