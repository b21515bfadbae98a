import type { Admission } from '../calls/admission.ts';
import type { Assignment } from '../calls/assignment.ts';
import { openVault } from '../compliance/vault.ts';
import { TrunklineError } from '../config/errors.ts';
import { LIMITS } from '../config/limits.ts';
import { mediaProcesses } from '../config/media_processes.ts';
import { readRuntime } from '../config/runtime.ts';
import type { Message, MessageOf } from '../ipc/messages.ts';
import type { Logger } from '../observe/log.ts';
import { openLiveKitDoor } from '../signalling/livekit_door.ts';
import { Phone } from '../signalling/phone.ts';
import { type ToldDialog, ToldDialogs } from '../signalling/told_dialogs.ts';
import { openEventLog } from '../store/event_log.ts';
import type { RoleContext } from './context.ts';

interface Closable {
  close(): Promise<void>;
}

/** Goes on with the dialogs of an edge before this one; `listen` is called when nothing that may come is strange. */
async function adoptDialogs(
  phone: Phone,
  { config, link, log }: Pick<RoleContext, 'config' | 'link' | 'log'>,
  listen: () => Promise<void>,
): Promise<void> {
  const addresses = Array.from({ length: mediaProcesses(config) }, (_, index) => `media-${index}`);
  const told = new ToldDialogs(link, addresses);
  const adopt = ({ dialog, media }: ToldDialog): void => {
    try {
      phone.calls.restore(dialog, media);
    } catch (error) {
      log.error({ callId: dialog.call.callId, err: error }, 'a dialog was not adopted');
    }
  };
  const dialogs = await told.all(LIMITS.dialogsToldMs);
  const isOver = new Set(dialogs.filter(({ dialog }) => dialog.closed !== null));
  for (const each of dialogs) if (!isOver.has(each)) adopt(each);
  await listen();
  for (const each of isOver) adopt(each);
  told.onLate(adopt);
}

/** Further legs of calls, as the API orders them. */
function takeLegs({ legs }: Phone, link: RoleContext['link'], log: Logger): void {
  link.on('addLeg', async ({ orderId, callId, leg }, from) => {
    const refused = await refusalOf(log, () => legs.add(callId, leg));
    link.send(from, { type: 'legAnswer', orderId, refused });
  });
  link.on('dropLeg', async ({ orderId, callId, legId }, from) => {
    const refused = await refusalOf(log, () => legs.drop(callId, legId));
    link.send(from, { type: 'legAnswer', orderId, refused });
  });
  link.on('lineHeld', (line, from) => legs.hold(line, from));
  link.on('relayUp', ({ legId }) => legs.relayUp(legId));
  link.on('relayGone', message => legs.relayGone(message));
  link.on('peerGone', ({ peer }) => legs.mediaGone(peer));
}

async function refusalOf(
  log: Logger,
  action: () => Promise<void> | void,
): Promise<MessageOf<'legAnswer'>['refused']> {
  try {
    await action();
    return null;
  } catch (error) {
    if (error instanceof TrunklineError) return { code: error.code, detail: error.detail };
    log.error({ err: error }, 'leg was not begun');
    return { code: 'INTERNAL', detail: 'see the log' };
  }
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
    rooms: config.livekit.enabled ? openLiveKitDoor(config.livekit) : undefined,
    log,
    send: (to, message) => link.send(to, message),
    tell,
  });
  link.on('lineReady', ({ callId }) => {
    phone.calls.lineReady(callId);
    phone.legs.ready(callId);
  });
  link.on('lineReport', report => {
    phone.calls.lineReport(report);
    phone.legs.report(report);
  });
  link.on('lineClosed', message => {
    phone.calls.lineClosed(message);
    phone.legs.closed(message.callId);
  });
  link.on('refer', wish => phone.calls.refer(wish));
  takeLegs(phone, link, log);
  const useTrunks = (): void => {
    try {
      phone.useTrunks(readRuntime(runtimeFile).config);
    } catch (error) {
      log.error({ err: error }, 'the trunks of before stay in force');
    }
  };
  link.on('trunksChanged', useTrunks);
  await adoptDialogs(phone, { config, link, log }, async () => {
    // Of a change before the hub knew this process, nobody has told it.
    useTrunks();
    await phone.listen();
  });
  return {
    close: async () => {
      await phone.close();
      await events.close();
    },
  };
}
