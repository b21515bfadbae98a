import t from 'tap';
import { configSchema } from '../../src/config/schema.ts';
import type { makeTrunk } from '../../src/config/trunks.ts';
import { dispatchOf, matchTrunk, type TrunkTable, trunkTable } from '../../src/telephony/trunk_table.ts';

type Settings = Parameters<typeof makeTrunk>[0];

function tableOf(trunks: readonly Settings[], more: object = {}): TrunkTable {
  return trunkTable(configSchema.parse({ trunks, ...more }));
}

function match(table: TrunkTable, address: string, dialled: string): string {
  const found = matchTrunk(table, address, dialled);
  return found.kind === 'trunk' ? `${found.trunk.name} ${found.number}` : found.kind;
}

t.test('without trunks the loopback may call the numbers of sip, as ever', async t => {
  const table = tableOf([], { workflows: { byNumber: { '+15550100': 'claims' }, default: 'piano' } });
  t.equal(match(table, '127.0.0.1', '+15550100'), 'default +15550100');
  t.equal(match(table, '::ffff:127.0.0.1', '+15550100'), 'default +15550100');
  t.equal(match(table, '127.0.0.1', '+15550101'), 'unknownNumber');
  t.equal(match(table, '192.0.2.1', '+15550100'), 'unknownAddress');
  t.equal(match(table, '::1', '+15550100'), 'unknownAddress');
  t.match(dispatchOf(table[0]!, '+15550100'), { workflow: 'claims' });
  t.match(dispatchOf(table[0]!, '+15550101'), { workflow: 'piano' });
  const sip = { numbers: [], allowedAddresses: ['192.0.2.7', 'nonsense', '2001:db8::/32'] };
  const open = tableOf([], { sip });
  t.equal(match(open, '192.0.2.7', '204'), 'default 204');
  t.equal(match(open, '192.0.2.8', '204'), 'unknownAddress');
  t.equal(match(open, '2001:db8:1::5', '204'), 'default 204');
  t.equal(match(open, '127.0.0.1', '204'), 'unknownAddress');
});

t.test('a trunk allows nothing until it is said', async t => {
  t.equal(match(tableOf([{ name: 'a' }]), '127.0.0.1', '+15550100'), 'unknownAddress');
  const known = tableOf([{ name: 'a', allowedAddresses: ['127.0.0.0/8'] }]);
  t.equal(match(known, '127.0.0.1', '+15550100'), 'unknownNumber');
  const outbound = tableOf([
    {
      name: 'a',
      directions: ['outbound'],
      gateways: ['sip:x'],
      allowedAddresses: ['127.0.0.1'],
      numbers: ['*'],
    },
  ]);
  t.equal(match(outbound, '127.0.0.1', '+15550100'), 'unknownAddress', 'nor does one for calls out');
  t.equal(match(tableOf([{ name: 'a' }]), 'nonsense', '+15550100'), 'unknownAddress');
});

t.test('of trunks with the same peer the number decides, each by its own numbering', async t => {
  const table = tableOf([
    {
      name: 'berlin',
      allowedAddresses: ['192.0.2.0/24'],
      numbering: { countryCode: '49', nationalPrefix: '0' },
      numbers: ['+4930*'],
    },
    { name: 'exchange', allowedAddresses: ['192.0.2.5'], numbers: ['7XX', '+4989*'] },
  ]);
  t.equal(match(table, '192.0.2.5', '0301234567'), 'berlin +49301234567');
  t.equal(match(table, '192.0.2.5', '712'), 'exchange 712');
  t.equal(match(table, '192.0.2.5', '+49891234567'), 'exchange +49891234567');
  t.equal(match(table, '192.0.2.6', '712'), 'unknownNumber');
  t.equal(match(table, '192.0.2.5', 'alice'), 'unknownNumber');
});

t.test('the first rule that fits dispatches, before what holds for all trunks', async t => {
  const [trunk] = tableOf(
    [
      {
        name: 'a',
        dispatch: [
          { numbers: ['+1555010*'], workflow: 'claims', pinEnv: 'CLAIMS_PIN' },
          { numbers: ['+1555*'], workflow: 'sales' },
        ],
      },
    ],
    { workflows: { byNumber: { '+15550100': 'other', '+16660100': 'special' }, default: 'piano' } },
  );
  t.match(dispatchOf(trunk!, '+15550100'), { workflow: 'claims', pinEnv: 'CLAIMS_PIN' });
  t.match(dispatchOf(trunk!, '+15559999'), { workflow: 'sales', pinEnv: undefined });
  t.match(dispatchOf(trunk!, '+16660100'), { workflow: 'special' });
  t.match(dispatchOf(trunk!, '712'), { workflow: 'piano' });
  t.equal(dispatchOf({ dispatch: [] }, '712'), undefined);
});
