import t from 'tap';
import { SileroVad } from '../../models/silero_vad.ts';
import type { PipelineRateHz } from '../../pipeline/frame.ts';
import { comfortNoise, concat, mix, NO_FLITE, noise, prompt, silence, speech, tone } from './sounds.ts';
import { sileroJudge, TurnRig } from './turn_rig.ts';

/** A key of the telephone pad (ITU-T Q.23), 100 ms on, 100 ms off. */
const keys = (count: number, rateHz: PipelineRateHz): Float32Array =>
  concat(
    ...Array.from({ length: count }, (_, i) =>
      concat(
        tone([697, 770, 852, 941].slice(i % 4, (i % 4) + 1).concat(1209 + 127 * (i % 3)), 100, rateHz),
        silence(100, rateHz),
      ),
    ),
  );

/** A sound on a line with its noise: one second before, two after. */
const onLine = (sound: Float32Array, rateHz: PipelineRateHz): Float32Array => {
  const whole = concat(silence(1000, rateHz), sound, silence(2000, rateHz));
  return mix(whole, comfortNoise((whole.length * 1000) / rateHz + 10, rateHz));
};

const SENTENCES = ['Yes.', 'No.', 'Hello, I want to move an upright piano.', 'Sorry, stop, that is wrong.'];
const VOICES = ['slt', 'rms', 'awb', 'kal16'];
const PROMPTS = ['vm-goodbye', 'vm-intro', 'tt-weasels', 'privacy-incorrect'];

t.test('turn taking on real sounds', { skip: NO_FLITE }, async t => {
  const vad = await SileroVad.load();
  t.after(() => vad.close());
  for (const rateHz of [8000, 16_000] as const) {
    const rigFor = () => new TurnRig(rateHz, sileroJudge(vad, rateHz));
    const spoken = [
      ...VOICES.flatMap(voice => SENTENCES.map(text => speech(text, rateHz, voice))),
      ...PROMPTS.map(name => prompt(name, rateHz)).filter(sound => sound !== undefined),
    ];

    t.test(`speech is one turn with true ends at ${rateHz} Hz`, async t => {
      for (const sound of spoken) {
        const rig = rigFor();
        await rig.hear(onLine(sound, rateHz));
        const endMs = 1000 + (sound.length * 1000) / rateHz;
        const started = rig.events.find(event => event.type === 'speechStarted');
        const ends = rig.events.filter(event => event.type === 'turnEnded');
        t.equal(ends.length, 1);
        t.ok(Math.abs(started!.atMs - 1000) <= 40, `onset off by ${started!.atMs - 1000} ms`);
        const lastSoundMs = ends[0]!.lastSoundMs;
        t.ok(Math.abs(lastSoundMs - endMs) <= 110, `last sound off by ${Math.round(lastSoundMs - endMs)} ms`);
      }
    });

    t.test(`speech over the agent silences it within 300 ms of media time at ${rateHz} Hz`, async t => {
      for (const sound of spoken) {
        const rig = rigFor();
        rig.agentAudible = true;
        await rig.hear(onLine(sound, rateHz));
        const heldMs = (rig.firstHeldAtMs ?? 0) - 1000;
        t.ok(heldMs > 0 && heldMs <= 300, `held after ${heldMs} ms`);
      }
    });

    t.test(`what is no speech neither interrupts nor is a turn at ${rateHz} Hz`, async t => {
      const sounds: Record<string, Float32Array> = {
        'loud noise': noise(4000, rateHz, 0.1),
        'faint noise': noise(4000, rateHz, 0.01),
        'comfort noise': comfortNoise(4000, rateHz),
        silence: silence(4000, rateHz),
        keys: keys(20, rateHz),
        'a tone': tone([440], 3000, rateHz),
        'a ringing tone': concat(tone([440, 480], 1000, rateHz), silence(1000, rateHz)),
      };
      for (const [name, sound] of Object.entries(sounds)) {
        const quiet = rigFor();
        await quiet.hear(sound);
        t.strictSame(quiet.types, [], name);
        const over = rigFor();
        over.agentAudible = true;
        await over.hear(sound);
        t.equal(over.cuts, 0, `${name} over the agent`);
      }
    });
  }
});
