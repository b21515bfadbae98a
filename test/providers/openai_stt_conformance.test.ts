import { readFileSync } from 'node:fs';
import t from 'tap';
import { createGoogleStt } from '../../src/providers/stt/google_stt.ts';
import { createOpenAiFileStt } from '../../src/providers/stt/openai_file.ts';
import { createOpenAiRealtimeStt } from '../../src/providers/stt/openai_realtime.ts';
import type { Stt } from '../../src/providers/types.ts';
import { OPENAI_REALTIME_RIG } from './openai_realtime_rig.ts';
import { callerSpeech } from './spoken_fixtures.ts';
import { STREAMING_STT_CHECKS } from './streaming_stt_conformance.ts';

/** Checks that ask for what this API has not; what stands in for them is in the tests of the provider. */
const LEFT_OUT: ReadonlyMap<string, string> = new Map([
  ['keeps a connection awake between utterances', 'it ends no idle connection'],
  ['dials anew when the server has closed an idle connection', 'the same'],
  ['passes hints on, within its limits, and no hints of another', 'they are no part of the address'],
  ['is refused its sample rate', 'it has one rate'],
  ['notices a half-open connection while somebody speaks', 'it may say nothing until the commit'],
]);

t.test('openai conforms', async t => {
  for (const name of LEFT_OUT.keys())
    t.ok(
      STREAMING_STT_CHECKS.some(check => check.name === name),
      name,
    );
  for (const check of STREAMING_STT_CHECKS) {
    if (!LEFT_OUT.has(check.name)) await t.resolves(check.run(OPENAI_REALTIME_RIG), check.name);
  }
});

const { OPENAI_API_KEY: apiKey = '', GOOGLE_APPLICATION_CREDENTIALS: keyPath = '' } = process.env;

interface Real {
  readonly name: string;
  readonly variable: string;
  readonly isSet: boolean;
  readonly hasPartials: boolean;
  create(): Stt;
}

const REAL: readonly Real[] = [
  {
    name: 'openai',
    variable: 'OPENAI_API_KEY',
    isSet: apiKey !== '',
    hasPartials: true,
    create: () => createOpenAiRealtimeStt({ name: 'openai', apiKey, language: 'en' }),
  },
  {
    name: 'openai-file',
    variable: 'OPENAI_API_KEY',
    isSet: apiKey !== '',
    hasPartials: false,
    create: () => createOpenAiFileStt({ name: 'openai-file', apiKey, language: 'en' }),
  },
  {
    name: 'google',
    variable: 'GOOGLE_APPLICATION_CREDENTIALS',
    isSet: keyPath !== '',
    hasPartials: true,
    create() {
      const access = { type: 'serviceAccount', keyFile: readFileSync(keyPath, 'utf8') } as const;
      return createGoogleStt({ name: 'google', access });
    },
  },
];

for (const { name, variable, isSet, hasPartials, create } of REAL) {
  t.test(`the real ${name} conforms`, { skip: isSet ? false : `${variable} is not set` }, async t => {
    const rig = {
      name,
      async start() {
        const stt = create();
        return {
          stt,
          server: undefined,
          say: (text: string) => callerSpeech(`${text}.`),
          close: () => stt.close(),
        };
      },
    };
    for (const check of STREAMING_STT_CHECKS) {
      if (check.needsServer === true || (!hasPartials && check.name.startsWith('tells partials'))) continue;
      await t.resolves(check.run(rig), check.name);
    }
  });
}
