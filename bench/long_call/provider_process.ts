import { startServices } from './services.ts';

/** The scripted providers in a process of their own, so that what they keep is not taken for what a call keeps. */
const services = await startServices();
process.on('message', () => process.send?.(services.seen()));
process.on('disconnect', () => process.exit(0));
process.send?.(services.urls);
