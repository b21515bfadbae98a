import type { Bench } from './bench.ts';
import { judgeAgent } from './judges/agent_call.ts';
import { withNode } from './node.ts';

/** Phones by others complete a call: they hear the greeting, answer its question, and hang up. */
export const bench: Bench = {
  name: 'judges',
  run: async options =>
    withNode(options, async ({ target, config }) => {
      const verdicts = await judgeAgent(target, config);
      return {
        ok: verdicts.every(({ completed }) => completed),
        figures: { verdicts },
        validity: [
          'one call by each judge, both at the same time, over the loopback, by UDP and with PCMU',
          'SIPp judges the signalling and sends audio; what it receives is not looked at',
          'baresip judges that a greeting and a reply were audible, not what they said',
          'judges say one sentence: whole conversations are held by the caller in the box',
        ],
      };
    }),
};
