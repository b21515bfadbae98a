import { z } from 'zod';
import type { AdapterOrder, Adapters } from '../agent/tools/tool_runner.ts';
import type { Tried } from '../agent/tools/tool_try.ts';
import { TrunklineError } from '../config/errors.ts';
import { accessIntegrations, type IntegrationAccess } from '../config/integration_access.ts';
import type {
  CalendlyAccount,
  GoogleCalendarAccount,
  IntegrationsConfig,
  SalesforceAccount,
} from '../config/integrations.ts';
import type { KeyPlace } from '../config/provider_access.ts';
import type { Adapter } from './adapter.ts';
import { calendly } from './calendly.ts';
import { Connections, Exchange, refused } from './exchange.ts';
import { googleCalendar } from './google_calendar.ts';
import { salesforce } from './salesforce.ts';

interface Account {
  readonly off: string | undefined;
  readonly adapter: Adapter;
}

/**
 * The systems of others of the configuration, each account ready to be asked.
 * @throws TrunklineError CONFIG_INVALID naming the account whose key is none; never with its text
 */
export function openIntegrations(
  config: IntegrationsConfig,
  place: KeyPlace,
  nowMs: () => number = Date.now,
): Adapters {
  const accounts = new Map<string, Account>();
  const connections = new Connections();
  for (const access of accessIntegrations(config, place))
    accounts.set(nameOf(access.adapter, access.account), { off: access.off, adapter: adapterOf(access) });
  return {
    off: (adapter, account) => {
      const found = accounts.get(nameOf(adapter, account));
      return found === undefined ? `no integrations.${nameOf(adapter, account)}` : found.off;
    },
    attempt: order => attempt(order, accounts.get(nameOf(order.adapter, order.account))?.adapter ?? {}),
    close: () => connections.close(),
  };

  async function attempt(order: AdapterOrder, adapter: Adapter): Promise<Tried> {
    const operate = Object.hasOwn(adapter, order.operation) ? adapter[order.operation] : undefined;
    if (operate === undefined) return refused();
    const { args, key } = order;
    try {
      return await operate({ args, key, nowMs: nowMs(), exchange: new Exchange(connections, order) });
    } catch (error) {
      // Arguments that make no sense there, seen before anything was sent.
      if (error instanceof z.ZodError) return refused();
      return { fault: 'garbage', status: undefined, wasSent: true, metClosedConnection: false };
    }
  }
}

function nameOf(adapter: string, account: string): string {
  return `${adapter}.${account}`;
}

function adapterOf({ adapter, account, settings, key }: IntegrationAccess): Adapter {
  if (key === undefined) return {};
  try {
    switch (adapter) {
      case 'calendly':
        return calendly(settings as CalendlyAccount, key);
      case 'google_calendar':
        return googleCalendar(settings as GoogleCalendarAccount, key);
      case 'salesforce':
        return salesforce(settings as SalesforceAccount, key);
    }
  } catch (cause) {
    if (!(cause instanceof TrunklineError)) throw cause;
    const what = `integrations.${nameOf(adapter, account)}: ${cause.detail}`;
    throw new TrunklineError('CONFIG_INVALID', what, { cause });
  }
}
