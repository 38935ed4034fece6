// Reads an answer as a whole, within a limit: as it is sent, and again after decompression (CWE-409, CWE-770).
import { promisify } from 'node:util';
import { brotliDecompress, gunzip } from 'node:zlib';
import type { Dispatcher } from 'undici';
import { BadResponseError, ResponseTooLargeError } from '../http-client.error.ts';

const DECODERS = {
  gzip: promisify<Buffer, { maxOutputLength: number }, Buffer>(gunzip),
  'x-gzip': promisify<Buffer, { maxOutputLength: number }, Buffer>(gunzip),
  br: promisify<Buffer, { maxOutputLength: number }, Buffer>(brotliDecompress),
};

/**
 * @returns the decoded body, and its size as it was sent, in bytes
 * @throws ResponseTooLargeError, BadResponseError, or what undici throws
 */
export async function readBody(
  host: string,
  { headers, body }: Dispatcher.ResponseData,
  limit: number,
): Promise<{ bytes: Buffer; sent: number }> {
  const chunks: Buffer[] = [];
  let sent = 0;
  // To leave the loop destroys the body and its connection.
  for await (const chunk of body as AsyncIterable<Buffer>) {
    sent += chunk.length;
    if (sent > limit) throw tooLarge(host, limit);
    chunks.push(chunk);
  }
  return { bytes: await decode(host, Buffer.concat(chunks), headers['content-encoding'], limit), sent };
}

async function decode(
  host: string,
  bytes: Buffer,
  encoding: string | string[] | undefined,
  limit: number,
): Promise<Buffer> {
  const name = String(encoding ?? 'identity')
    .trim()
    .toLowerCase();
  if (bytes.length === 0 || name === 'identity') return bytes;
  if (!Object.hasOwn(DECODERS, name))
    throw new BadResponseError(host, 'its body is encoded as nobody asked', 'let it send gzip, br or nothing');
  try {
    // maxOutputLength of zlib has to be at least one
    return await DECODERS[name as keyof typeof DECODERS](bytes, { maxOutputLength: Math.max(limit, 1) });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE') throw tooLarge(host, limit);
    throw new BadResponseError(host, `its body is no valid ${name}`, 'ask its operator', error);
  }
}

const tooLarge = (host: string, limit: number) =>
  new ResponseTooLargeError(
    host,
    `its answer is larger than ${limit} bytes`,
    'ask it for less, or raise limits.responseBytes',
  );
