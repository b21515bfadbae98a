import t from 'tap';
import { DEFAULT_PIPELINE_POLICY, pipelinePolicy } from '../../pipeline/policy.ts';
import { SoundSettings } from '../../src/calls/sound_settings.ts';
import { parseConfig } from '../../src/config/load.ts';
import type { CallAssignment } from '../../src/ipc/messages.ts';

const CONFIG = `
pipeline:
  noise: { kind: strong, depthDb: 20 }
  echo: { tailMs: 128 }
trunks:
  - name: office
    pipeline:
      noise: { kind: 'off' }
      recogniserTap: afterLevel
`;

function assignment(line: Partial<CallAssignment['line']>): CallAssignment {
  return { line } as CallAssignment;
}

t.test('a trunk says more than the node, and what neither says is as ever', async t => {
  const settings = new SoundSettings(parseConfig(CONFIG, 'trunkline.yaml', {}));
  const office = pipelinePolicy(...settings.of(assignment({ kind: 'trunk', trunk: 'office' })));
  t.same(office, {
    ...DEFAULT_PIPELINE_POLICY,
    noise: { kind: 'off', depthDb: 20 },
    echo: { ...DEFAULT_PIPELINE_POLICY.echo, tailMs: 128 },
    recogniserTap: 'afterLevel',
  });
  const room = pipelinePolicy(...settings.of(assignment({ kind: 'room' })));
  t.same(room.noise, { kind: 'strong', depthDb: 20 });
  const gone = pipelinePolicy(...settings.of(assignment({ kind: 'trunk', trunk: 'nowhere' })));
  t.same(gone, room);
  settings.use(parseConfig('', 'trunkline.yaml', {}));
  const now = pipelinePolicy(...settings.of(assignment({ kind: 'trunk', trunk: 'office' })));
  t.same(now, DEFAULT_PIPELINE_POLICY);
});

t.test('what no stage knows, and what no stage can do, is an error that names the line', async t => {
  const fault = (text: string) => t.throws(() => parseConfig(text, 'trunkline.yaml', {}));
  t.match(fault('pipeline:\n  echos: {}\n'), { message: /trunkline.yaml:2: unknown key pipeline.echos/ });
  t.match(fault('pipeline:\n  echo: { tailMs: 1000 }\n'), {
    message: /trunkline.yaml:2: pipeline.echo.tailMs/,
  });
  t.match(fault('pipeline:\n  noise:\n    kind: loud\n'), {
    message: /trunkline.yaml:3: pipeline.noise.kind/,
  });
  t.match(fault('trunks:\n  - name: a\n    pipeline: 7\n'), {
    message: /trunkline.yaml:3: trunks.0.pipeline/,
  });
});
