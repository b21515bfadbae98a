import t from 'tap';
import { TrunklineError } from '../../src/config/errors.ts';
import { LIMITS } from '../../src/config/limits.ts';
import { parseJsgf } from '../../src/providers/stt/jsgf.ts';
import { compileWordGraph, type WordGraph } from '../../src/providers/stt/word_graph.ts';

const HEAD = '#JSGF V1.0 UTF-8 en;\ngrammar test;\n';

function compile(rules: string): WordGraph {
  return compileWordGraph(parseJsgf(HEAD + rules));
}

/** Whether the automaton lets a sentence pass. */
function accepts(graph: WordGraph, sentence: string): boolean {
  let states = withSkips(graph, new Set([0]));
  for (const word of sentence.split(' ').filter(part => part !== '')) {
    const arcs = graph.arcs.filter(arc => states.has(arc.from) && graph.words[arc.word] === word);
    states = withSkips(graph, new Set(arcs.map(arc => arc.to)));
  }
  return graph.accepting.some(state => states.has(state));
}

function withSkips(graph: WordGraph, states: Set<number>): Set<number> {
  for (const state of states) for (const { from, to } of graph.skips) if (from === state) states.add(to);
  return states;
}

t.test('a grammar allows what it says and nothing else', async t => {
  const graph = compile(`
    // one comment
    <size> = /2.5/ small {SMALL} | /1/ (very)+ large; /* another
    comment */
    public <order> = [please] <size> [<colour>] box* | "two words" <NULL> | never <VOID>;
    <colour> = Red | green;`);
  for (const sentence of ['small', 'please very very large green', 'small red box box', 'two words']) {
    t.ok(accepts(graph, sentence), sentence);
  }
  for (const sentence of ['', 'please', 'large', 'small red green', 'never', 'two', 'red small']) {
    t.notOk(accepts(graph, sentence), sentence === '' ? 'silence' : sentence);
  }
});

t.test('what names share is there once', async t => {
  const names = Array.from({ length: 500 }, (_, at) => `name${at}`);
  const list = names.map(name => `${name} street`).join(' | ');
  const graph = compile(`<digit> = one | two; public <a> = [<digit> [<digit> [hundred]]] (${list});`);
  t.ok(graph.stateCount < 12, `${graph.stateCount} states`);
  t.ok(graph.arcs.length < 520, `${graph.arcs.length} arcs`);
  for (const sentence of ['name7 street', 'one name7 street', 'one two hundred name499 street']) {
    t.ok(accepts(graph, sentence), sentence);
  }
  for (const sentence of ['one hundred name7 street', 'name7', 'street', 'one two']) {
    t.notOk(accepts(graph, sentence), sentence);
  }
});

t.test('what is no grammar is refused with its line', async t => {
  const refused = (source: string, part: string) =>
    t.throws(
      () => compileWordGraph(parseJsgf(source)),
      { code: 'GRAMMAR_INVALID', message: new RegExp(part, 'u') },
      part,
    );
  refused('', 'no #JSGF header');
  refused('public <a> = yes;', 'no #JSGF header');
  refused(`${HEAD}<a> = yes;`, '0 public rules');
  refused(`${HEAD}public <a> = yes; public <b> = no;`, '2 public rules');
  refused(`${HEAD}\npublic <a> = yes | <b>;`, 'line 4: <b> is not defined');
  refused(`${HEAD}public <a> = yes <a>;`, '<a> uses itself');
  refused(`${HEAD}public <a> = yes | <b>; <b> = no <a>;`, '<a> uses itself');
  refused(`${HEAD}<a> = yes; <a> = no; public <c> = <a>;`, 'defined twice');
  refused(`${HEAD}import <x.y>; public <a> = yes;`, 'imports are not supported');
  refused(`${HEAD}public <a> = (yes;`, "'\\)' is missing");
  refused(`${HEAD}public <a> = yes`, "';' is missing");
  refused(`${HEAD}public <a> = | yes;`, 'an alternative is empty');
  refused(`${HEAD}public <a> = <VOID>;`, 'it allows no words');
  refused(`${HEAD}public <a> = yes\u0000;`, 'never spoken');
  refused(`${HEAD}public <a> = "rm(2)";`, 'never spoken');
  refused(`${HEAD}public <a> = ${'x'.repeat(LIMITS.grammarWordCharacters + 1)};`, 'too long');
  refused(`${HEAD}public <a> = ${'('.repeat(1_000)}yes${')'.repeat(1_000)};`, 'nested too deeply');
});

t.test('a grammar that grows without bound is refused', async t => {
  const levels = Array.from({ length: 24 }, (_, at) => `<l${at + 1}> = <l${at}> <l${at}> | a${at};`);
  t.throws(() => compile(`<l0> = x | y; ${levels.join(' ')} public <a> = <l24>;`), {
    code: 'GRAMMAR_INVALID',
  });
  t.throws(() => parseJsgf(`#JSGF;${' '.repeat(LIMITS.grammarBytes)}`), { code: 'GRAMMAR_INVALID' });
});

t.test('garbage never does anything else than be refused', async t => {
  const source = `${HEAD}<a> = /0.5/ yes {tag} | "no way"+; public <b> = [<a>] (x | y)*;`;
  let state = 1;
  const random = (below: number) => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    return (state >>> 8) % below;
  };
  let refusals = 0;
  for (let round = 0; round < 3_000; round++) {
    const at = random(source.length);
    const broken = source.slice(0, at) + String.fromCharCode(random(128)) + source.slice(at + random(4));
    try {
      compileWordGraph(parseJsgf(broken));
    } catch (error) {
      refusals++;
      if (!(error instanceof TrunklineError)) t.fail(`threw ${error}`);
    }
  }
  t.ok(refusals > 500 && refusals < 3_000, `${refusals} refused`);
});
