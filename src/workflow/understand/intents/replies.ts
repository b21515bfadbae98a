import { compilePattern, matchAt } from './pattern.ts';
import type { Asked } from './types.ts';

/** The words that as a reply revoke consent by themselves (47 CFR 64.1200(a)(10)), alone in what was said. */
const REVOKING = compilePattern(
  '^ stop|quit|end|revoke|unsubscribe|cancel|remove it|this|that|all|me|us|calls|calling? $',
);
const WISHING = compilePattern(
  '^ i|id|ill? wanna|want|like|would|wish to? stop|quit|end|revoke|cancel|unsubscribe $|it|this',
);
const STOPPING = compilePattern('^ stop|quit|revoke $');
/** Where nothing was asked, it may as well be the agent's voice that should stop: worth a question. */
const UNASKED = 0.4;

/** How surely a bare "stop" and its like mean no more calls, after what was asked. Undefined: not said. */
export function revokingReply(tokens: readonly string[], asked: Asked | undefined): number | undefined {
  if (asked === 'optOut') {
    const isSaid = [REVOKING, WISHING].some(pattern => matchAt(pattern, tokens, 0) >= 0);
    return isSaid ? 0.97 : undefined;
  }
  if (asked === 'choice' || asked === 'card' || matchAt(STOPPING, tokens, 0) < 0) return undefined;
  return asked === 'yesNo' ? 0.7 : UNASKED;
}
