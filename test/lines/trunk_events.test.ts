import { eventSockets } from '../../sip/rtp/socket_pair.ts';
import { chosen } from './chosen_sockets.ts';

/** What a trunk line holds, it holds by sockets of the event loop too. */
chosen.sockets = eventSockets;
await import('./trunk_line.test.ts');
