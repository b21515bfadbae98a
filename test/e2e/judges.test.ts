import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import t from 'tap';
import { JUDGEMENTS, judgeAgent } from '../../bench/judges/agent_call.ts';
import { ownTarget } from '../../bench/node.ts';
import { loadConfig } from '../../src/config/load.ts';
import { TestNode } from './test_node.ts';

const JUDGES = ['sipp', 'baresip'];

t.setTimeout(300_000);

function isInstalled(program: string): boolean {
  return (process.env.PATH ?? '').split(delimiter).some(folder => existsSync(join(folder, program)));
}

const skip = JUDGES.every(isInstalled) ? false : 'needs SIPp and baresip';

t.test('phones by others complete a call with the agent', { skip }, async t => {
  const node = await TestNode.start({ processes: 1 }, { livekit: { enabled: false } });
  t.teardown(() => node.discard());
  const config = loadConfig(node.configFile);
  const verdicts = await judgeAgent(ownTarget(config), config, JUDGEMENTS[0]!);
  for (const { judge, completed, detail } of verdicts) t.equal(completed, true, `${judge}: ${detail}`);
  for (const judge of JUDGES) {
    const record = await node.ended(judge);
    t.match(record, { state: 'COMPLETED', endReason: 'remoteHangup' });
    const [greeting, consent, question] = record.turns;
    t.match(greeting, { speaker: 'agent', text: /automated assistant/ });
    t.match(consent, { speaker: 'caller', text: /\byes\b/ }, 'it was understood');
    t.match(question, { speaker: 'agent', text: /type of piano/ });
    t.ok(record.recordings[0]!.durationMs! > 0, 'and recorded from then on');
  }
});
