import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { openVoice } from '../../bench/caller/local_speech.ts';
import { renderSpeech } from '../../bench/latency/dialogue.ts';
import { dialOf } from '../../bench/latency/dialogues.ts';
import { findLiveKitParts } from '../../bench/latency/livekit/parts.ts';
import { startAgentStack } from '../../bench/latency/livekit/stack.ts';
import { startServices } from '../../bench/latency/services.ts';
import { CODEC, takeTurns, type WireTurn } from '../../bench/latency/turn_caller.ts';
import { isAnswered } from '../../bench/latency/turn_figures.ts';
import { loadConfig } from '../../src/config/load.ts';
import { ROOT } from '../tidy/sources.ts';

const CONFIG = join(ROOT, 'trunkline.yaml');
const DELAYS = { name: 'fast', finalMs: 40, firstTokenMs: 100, firstByteMs: 50 };

const parts = await findLiveKitParts(CONFIG).catch(() => undefined);

t.test(
  'LiveKit Agents answers a caller of the latency bench by the scripted providers',
  { skip: parts === undefined && 'no livekit-server and livekit-sip: npm start builds them' },
  async t => {
    if (parts === undefined) return;
    const folder = await mkdtemp(join(tmpdir(), 'latency-livekit-'));
    t.teardown(() => rm(folder, { recursive: true, force: true }));
    const voice = await openVoice(loadConfig(CONFIG), 'slt');
    const { utterances } = await renderSpeech(voice, CODEC.rateHz, ['No thank you.']);
    await voice.close();
    const services = await startServices(DELAYS, 1, 'line');
    t.teardown(() => services.close());
    const stack = await startAgentStack(parts.programs, services, {
      turnDetection: 'pause',
      greeting: 'Hello.',
      folder,
    });
    t.teardown(() => stack.stop());
    const turns: WireTurn[] = [];
    await takeTurns({
      dial: dialOf(stack.target, 0),
      utterances,
      turns: 1,
      speaks: utterance => services.speaks(utterance),
      random: () => 0,
      took: turn => turns.push(turn),
    });
    t.ok(turns.length === 1 && turns.every(isAnswered), 'the caller is answered');
    t.match(await stack.settings(), { turnDetection: 'vad', aecWarmupDurationMs: 3000 });
    t.same(stack.processes.ended(), []);
  },
);
