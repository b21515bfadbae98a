import { constants } from 'node:fs';
import { type FileHandle, open, realpath } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { TrunklineError } from '../config/errors.ts';
import { parseRange } from './byte_range.ts';

/** <tenant>/<callId>.wav, or .2.wav and so on for its further ones, and nothing that a path could hide in. */
const RECORDING_FILE = /^([a-z0-9][a-z0-9_-]{0,63})\/([A-Za-z0-9_-]{1,128}(?:\.\d{1,6})?\.wav)$/;

/**
 * Opens a recording of the tenant by its path in the record; not even a forged row or a link reaches another file.
 * @throws TrunklineError NOT_FOUND
 */
export async function openRecording(dir: string, tenantId: string, file: string): Promise<FileHandle> {
  const [, tenant, name = ''] = RECORDING_FILE.exec(file) ?? [];
  const handle = tenant === tenantId ? await openPlainFile(dir, tenantId, name) : undefined;
  if (handle === undefined) throw new TrunklineError('NOT_FOUND', "the call's recording is not on this node");
  return handle;
}

async function openPlainFile(dir: string, tenantId: string, name: string): Promise<FileHandle | undefined> {
  try {
    const folder = join(await realpath(dir), tenantId);
    if ((await realpath(folder)) !== folder) return undefined;
    const { O_RDONLY, O_NOFOLLOW, O_NONBLOCK } = constants;
    const handle = await open(join(folder, name), O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
    if ((await handle.stat()).isFile()) return handle;
    await handle.close();
  } catch {
    // Not there, or a link: to the client it is the same.
  }
  return undefined;
}

/**
 * Answers with the file, or the part of it that Range and If-Range ask for (RFC 9110 §14); a recording that still
 * goes on is sent as far as it is now.
 * @throws TrunklineError RANGE_INVALID
 */
export async function sendSound(
  handle: FileHandle,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<void> {
  const { size, mtimeMs } = await handle.stat();
  const etag = `"${size.toString(16)}-${Math.round(mtimeMs).toString(16)}"`;
  const { range, 'if-range': ifRange } = request.headers;
  const part = ifRange === undefined || ifRange === etag ? parseRange(range, size) : 'whole';
  reply.type('audio/wav').header('accept-ranges', 'bytes').header('etag', etag);
  if (part === 'unsatisfiable') {
    await handle.close();
    reply.header('content-range', `bytes */${size}`);
    throw new TrunklineError('RANGE_INVALID', `the file has ${size} bytes`);
  }
  const { first, last } = part === 'whole' ? { first: 0, last: size - 1 } : part;
  if (part !== 'whole') reply.code(206).header('content-range', `bytes ${first}-${last}/${size}`);
  reply.header('content-length', last - first + 1);
  if (request.method === 'HEAD' || size === 0) {
    await handle.close();
    // A stream, because the framework would count what it is given as the file's length.
    return reply.send(Readable.from([]));
  }
  return reply.send(handle.createReadStream({ start: first, end: last }));
}
