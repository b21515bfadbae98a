import { findProgram } from '../src/supervisor/find_program.ts';
import type { Bench } from './bench.ts';
import { JUDGEMENTS, judgeAgent } from './judges/agent_call.ts';
import type { Verdict } from './judges/judge.ts';
import { ownTarget, type Way, withNode } from './node.ts';

/** Programs and the packages of Debian that have them. */
const NEEDS = { sipp: 'sip-tester', baresip: 'baresip-core', linphonec: 'linphone-cli' };

/** Phones by others complete a call by each way in: they hear the greeting, answer its question, and hang up. */
export const bench: Bench = {
  name: 'judges',
  run: async options => {
    const missing = Object.entries(NEEDS).flatMap(([program, name]) =>
      findProgram(program) === undefined ? name : [],
    );
    if (missing.length > 0) throw new Error(`needs ${missing.join(', ')} of Debian's`);
    return withNode(options, async ({ target, config }) => {
      const both: readonly Way[] = ['phone', 'livekit-sip'];
      const ways = both.filter(way => way === 'phone' || (options.target === undefined && hasRooms(config)));
      const judgements = options.quick ? JUDGEMENTS.slice(0, 1) : JUDGEMENTS;
      const verdicts: Partial<Record<Way, Verdict[]>> = {};
      for (const way of ways) {
        const dialled = options.target === undefined ? ownTarget(config, way) : target;
        const heard: Verdict[] = [];
        for (const atOnce of judgements) heard.push(...(await judgeAgent(dialled, config, atOnce)));
        verdicts[way] = heard;
      }
      return {
        ok: Object.values(verdicts)
          .flat()
          .every(({ completed }) => completed),
        figures: { verdicts },
        validity: [
          'calls over the loopback, by UDP; each judge offers one codec alone, so that what is heard was carried in it',
          'SIPp judges the signalling and sends audio; what it receives is not looked at',
          'baresip and linphone judge that a greeting and a reply were audible, not what they said',
          'judges say one sentence: whole conversations are held by the caller in the box',
        ],
      };
    });
  },
};

function hasRooms({ livekit }: Parameters<typeof ownTarget>[0]): boolean {
  return livekit.enabled && livekit.sip.enabled;
}
