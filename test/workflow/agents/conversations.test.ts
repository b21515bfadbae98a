import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import { callFlow } from '../../../src/workflow/call_flow.ts';
import { loadFlows } from '../../../src/workflow/load.ts';
import { type Given, replay } from './replay.ts';

/** Conversations word by word, a file for each agent: `## title`, `given JSON` where something is known, and a script (replay.ts). */
const FOLDER = fileURLToPath(new URL('conversations/', import.meta.url));
const flows = await loadFlows('workflows');

for (const file of readdirSync(FOLDER)) {
  const name = file.replace('.txt', '');
  const [, ...talks] = `\n${readFileSync(`${FOLDER}${file}`, 'utf8')}`.split('\n## ');
  for (const talk of talks) {
    const [title = '', ...lines] = talk.split('\n').filter(line => line !== '');
    const given = lines[0]?.startsWith('given ') ? (JSON.parse(lines.shift()!.slice(6)) as Given) : {};
    const flow = callFlow(flows, name, {
      onFault: error => {
        throw error;
      },
    });
    t.test(`${name}: ${title}`, async t => {
      t.same(replay(flow, lines, given), lines);
      t.ok(
        lines.some(line => line.startsWith('= ')),
        'and it comes to an end',
      );
    });
  }
}
