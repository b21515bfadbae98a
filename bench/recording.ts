import { randomInt } from 'node:crypto';
import type { Bench } from './bench.ts';
import { openVoice } from './caller/local_speech.ts';
import { withNode } from './node.ts';
import { ownApi } from './own_api.ts';
import { driftOf, findMarks } from './recording/alignment.ts';
import { keptRecording } from './recording/kept_recording.ts';
import { holdPatientCall } from './recording/patient_caller.ts';

const SECONDS = 210;
const QUICK_SECONDS = 60;
const MOST_DRIFT_MS = 20;

/** One long call: does its recording keep to what was on the wire, on both sides? */
export const bench: Bench = {
  name: 'recording',
  run: options =>
    withNode(options, async ({ target, config, pid }) => {
      if (pid === undefined) throw new Error('the recording of a node elsewhere is out of reach');
      const from = `+1555776${randomInt(10_000).toString().padStart(4, '0')}`;
      const voice = await openVoice(config, 'rms');
      const dial = {
        target,
        fromUser: from,
        localHost: undefined,
        credentials: undefined,
        answerTimeoutMs: 30_000,
        signal: new AbortController().signal,
      };
      const seconds = options.quick ? QUICK_SECONDS : SECONDS;
      const call = await holdPatientCall(dial, voice, seconds);
      await voice.close();
      const kept = await keptRecording(ownApi(config), from);
      const caller = driftOf(findMarks(call.caller, kept.caller, -kept.startMs));
      const agent = driftOf(findMarks(call.agent, kept.agent, -kept.startMs));
      return {
        ok:
          call.durationMs >= seconds * 1000 &&
          Math.max(Math.abs(caller.driftMs), Math.abs(agent.driftMs)) < MOST_DRIFT_MS,
        figures: {
          callSeconds: Math.round(call.durationMs / 1000),
          recordedSeconds: Math.round(kept.durationMs / 1000),
          caller,
          agent,
          betweenChannelsMs: Math.round((caller.driftMs - agent.driftMs) * 100) / 100,
          wire: call.wire,
        },
        validity: [
          'one call over the loopback; caller and node share one machine and its monotonic clock',
          'every utterance of either side is a mark: the recording is compared with the wire by cross-correlation at 8 kHz',
          'drift is the lag of the last three marks less that of the first three; lags include both ways through LiveKit',
          'lags of the agent’s leg are certain to 20 ms: the wire is timed by the earliest packets of each second, and a bridge that is late for longer moves it',
        ],
      };
    }),
};
