import t from 'tap';
import { LIMITS } from '../../src/config/limits.ts';
import { readSecret } from '../../src/config/secrets.ts';

t.test('secrets come from the environment or a file', async t => {
  const folder = t.testdir({
    secret: 'from file\n',
    windows: 'from file\r\n',
    two: 'a\nb\n',
    empty: '\n',
    large: 'x'.repeat(5000),
  });
  const of = (variable: string | undefined, file?: string, env: NodeJS.ProcessEnv = {}): string => {
    try {
      return readSecret({ variable, file }, folder, env);
    } catch (error) {
      return `fault: ${(error as { detail?: string }).detail}`;
    }
  };
  t.equal(of('PASSWORD', undefined, { PASSWORD: 'hunter2' }), 'hunter2');
  t.equal(of(undefined, 'secret'), 'from file');
  t.equal(of(undefined, 'windows'), 'from file');
  t.equal(of('PASSWORD'), 'fault: PASSWORD holds no secret');
  t.equal(of(undefined, 'empty'), 'fault: empty holds no secret');
  t.equal(of(undefined, 'two'), 'fault: two holds what is no secret of one line');
  t.equal(of(undefined, 'large'), 'fault: large is too large for a secret');
  t.equal(of(undefined, 'nope'), "fault: nope can't be read (ENOENT)");
  t.equal(of(undefined, '.'), 'fault: . is no file');
  t.equal(of(undefined, '/dev/zero'), 'fault: /dev/zero is no file');
  const long = { PASSWORD: 'x'.repeat(LIMITS.trunkSecretCharacters + 1) };
  t.equal(of('PASSWORD', undefined, long), 'fault: PASSWORD holds what is no secret of one line');
});
