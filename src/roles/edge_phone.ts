import type { Admission } from '../calls/admission.ts';
import type { Assignment } from '../calls/assignment.ts';
import { openVault } from '../compliance/vault.ts';
import { LIMITS } from '../config/limits.ts';
import { mediaProcesses } from '../config/media_processes.ts';
import { readRuntime } from '../config/runtime.ts';
import type { Message } from '../ipc/messages.ts';
import { Phone } from '../signalling/phone.ts';
import { type ToldDialog, ToldDialogs } from '../signalling/told_dialogs.ts';
import { openEventLog } from '../store/event_log.ts';
import type { RoleContext } from './context.ts';

interface Closable {
  close(): Promise<void>;
}

/** Goes on with the dialogs of an edge before this one; the sockets open when nothing that comes by them is strange. */
async function adoptDialogs(
  phone: Phone,
  { config, link, log }: Pick<RoleContext, 'config' | 'link' | 'log'>,
): Promise<void> {
  const media = Array.from({ length: mediaProcesses(config) }, (_, index) => `media-${index}`);
  const told = new ToldDialogs(link, media);
  const adopt = ({ dialog, media }: ToldDialog): void => {
    try {
      phone.calls.restore(dialog, media);
    } catch (error) {
      log.error({ callId: dialog.call.callId, err: error }, 'a dialog was not adopted');
    }
  };
  const dialogs = await told.all(LIMITS.dialogsToldMs);
  const isLive = ({ dialog }: ToldDialog): boolean => dialog.closed === null;
  for (const each of dialogs.filter(isLive)) adopt(each);
  await phone.listen();
  for (const each of dialogs.filter(each => !isLive(each))) adopt(each);
  told.onLate(adopt);
}

/**
 * The node's own phone, connected to the media processes that have its calls.
 * @throws TrunklineError PORT_BUSY, or CONFIG_INVALID when a trunk's secret is not there
 */
export async function openPhone(
  { config, paths, link, log, runtimeFile }: RoleContext,
  admission: Admission,
  assignment: Assignment,
): Promise<Closable> {
  const tell = (message: Message): void => link.send('api', message);
  const events = await openEventLog({
    dir: paths.spool,
    address: 'edge',
    isAbandoned: () => false,
    databaseUrl: config.postgres.url,
    redisUrl: config.redis.url,
    vault: openVault(config.sealKeyFile),
    findRemains: async () => undefined,
    log,
  });
  const phone = new Phone({
    config,
    folder: paths.project,
    admission,
    assignment,
    events: events.sink,
    log,
    tell,
  });
  link.on('lineReady', ({ callId }) => phone.calls.lineReady(callId));
  link.on('lineReport', report => phone.calls.lineReport(report));
  link.on('lineClosed', message => phone.calls.lineClosed(message));
  link.on('trunksChanged', () => {
    try {
      phone.useTrunks(readRuntime(runtimeFile).config);
    } catch (error) {
      log.error({ err: error }, 'the trunks of before stay in force');
    }
  });
  await adoptDialogs(phone, { config, link, log });
  return {
    close: async () => {
      await phone.close();
      await events.close();
    },
  };
}
