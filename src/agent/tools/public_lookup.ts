import { lookup } from 'node:dns';
import type { LookupFunction } from 'node:net';
import { isPublicAddress } from '../../config/public_address.ts';

/**
 * Resolves names of the open internet only: a name with an address inside is refused, and what was looked at is what is
 * connected to, so that a name can't be another host's by then.
 */
export const publicLookup: LookupFunction = (hostname, options, callback) => {
  lookup(hostname, { ...options, all: true }, (error, addresses) => {
    if (error !== null) return callback(error, '');
    const [first] = addresses;
    if (first === undefined || !addresses.every(({ address }) => isPublicAddress(address)))
      return callback(Object.assign(new Error('no host of the open internet'), { code: 'EACCES' }), '');
    if (options.all === true) callback(null, addresses);
    else callback(null, first.address, first.family);
  });
};
