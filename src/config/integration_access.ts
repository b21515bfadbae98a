import { TrunklineError } from './errors.ts';
import type { IntegrationsConfig } from './integrations.ts';
import { LIMITS } from './limits.ts';
import type { KeyPlace } from './provider_access.ts';
import { readSecret, readSecretFile } from './secrets.ts';

type AdapterName = keyof IntegrationsConfig;

/** An account of somebody else's system, with its key. */
export interface IntegrationAccess<Name extends AdapterName = AdapterName> {
  readonly adapter: Name;
  readonly account: string;
  readonly settings: IntegrationsConfig[Name][string];
  /** Secret; undefined where there is none. */
  readonly key: string | undefined;
  /** Why it is not asked; undefined where it is. */
  readonly off: string | undefined;
}

/** As it may be shown. */
export type IntegrationState = Pick<IntegrationAccess, 'adapter' | 'account' | 'off'>;

/** Where a key is looked for when nothing else is said. */
const USUAL_VARIABLES: Readonly<Record<AdapterName, string>> = {
  calendly: 'CALENDLY_TOKEN',
  google_calendar: 'GOOGLE_APPLICATION_CREDENTIALS',
  salesforce: 'SALESFORCE_CLIENT_SECRET',
};

/**
 * Looks for the keys of all accounts; one without its key is off, which is no error.
 * @throws TrunklineError CONFIG_INVALID where a file that is named holds no key; never with its text
 */
export function accessIntegrations(
  integrations: IntegrationsConfig,
  place: KeyPlace,
): readonly IntegrationAccess[] {
  return (Object.keys(integrations) as AdapterName[]).flatMap(adapter =>
    Object.entries(integrations[adapter]).map(([account, settings]) => {
      const key = keyOf(adapter, account, settings, place);
      const off = key === undefined ? `no ${settings.keyEnv ?? USUAL_VARIABLES[adapter]}` : undefined;
      return { adapter, account, settings, key, off };
    }),
  );
}

/** The same without their keys. */
export function integrationStates(accesses: readonly IntegrationAccess[]): readonly IntegrationState[] {
  return accesses.map(({ adapter, account, off }) => ({ adapter, account, off }));
}

function keyOf(
  adapter: AdapterName,
  account: string,
  settings: IntegrationAccess['settings'],
  { folder, env }: KeyPlace,
): string | undefined {
  const variable = settings.keyEnv ?? USUAL_VARIABLES[adapter];
  const value = env[variable] ?? '';
  try {
    if (hasLines(settings)) {
      // A key of several lines lies in a file, which the variable names.
      const file = settings.keyFile ?? value;
      return file === '' ? undefined : readSecretFile(folder, file, LIMITS.keyFileBytes);
    }
    if (settings.keyFile !== undefined)
      return readSecret({ variable: undefined, file: settings.keyFile }, folder, env);
    return value === '' ? undefined : readSecret({ variable, file: undefined }, folder, env);
  } catch (cause) {
    if (!(cause instanceof TrunklineError)) throw cause;
    const what = `integrations.${adapter}.${account}: ${cause.detail}`;
    throw new TrunklineError('CONFIG_INVALID', what, { cause });
  }
}

/** The key file of a service account, or a private key. */
function hasLines(settings: IntegrationAccess['settings']): boolean {
  return 'calendar' in settings || ('grant' in settings && settings.grant === 'jwt');
}
