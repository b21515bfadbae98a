import t from 'tap';
import { parseCommand } from '../../src/supervisor/cli.ts';

t.test('a start with what was asked for', async t => {
  t.same(parseCommand([]), { kind: 'start', install: true, without: [], configFile: undefined });
  t.same(parseCommand(['--no-install', '--without', 'sip', '--without=livekit', '--config', 'a.yaml']), {
    kind: 'start',
    install: false,
    without: ['sip', 'livekit'],
    configFile: 'a.yaml',
  });
  t.equal(parseCommand(['--check']).kind, 'check');
  t.equal(parseCommand(['--check', '--help']).kind, 'help');
  t.same(parseCommand(['--upgrade', '--config', 'a.yaml']), { kind: 'upgrade', configFile: 'a.yaml' });
});

t.test('a role of a running node', async t => {
  t.same(parseCommand(['--role', 'media-3', '--runtime', 'runtime.json']), {
    kind: 'role',
    role: 'media-3',
    runtimeFile: 'runtime.json',
  });
});

t.test('anything else is refused with its name', async t => {
  const refusals: [string[], RegExp][] = [
    [['--bogus'], /--bogus/],
    [['start'], /start/],
    [['--without'], /--without/],
    [['--without', 'postgres'], /postgres/],
    [['--check=yes'], /--check/],
    [['--config'], /--config/],
    [['--role', 'media-0'], /--runtime/],
    [['--runtime', 'x'], /--role/],
    [['--role', '../../etc/passwd', '--runtime', 'x'], /--role/],
  ];
  for (const [args, words] of refusals) {
    t.throws(() => parseCommand(args), { code: 'USAGE', detail: words }, args.join(' '));
  }
});
