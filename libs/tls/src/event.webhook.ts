// Posts events that somebody should act on to an address of theirs. It never holds anything up, and what it cannot deliver is logged.
import { readFile } from 'node:fs/promises';
import { TlsError } from './tls.error.ts';
import type { TlsEvent } from './tls.event.ts';

const TIMEOUT_MS = 5_000;

/**
 * Makes the function that posts an event as JSON, without following redirects.
 *
 * @throws TlsError when the file has no https:// address
 */
export async function eventWebhook(urlFile: string): Promise<(event: TlsEvent, service: string) => Promise<void>> {
  const text = await readFile(urlFile, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw new TlsError(
      `GATEHOUSE_TLS_WEBHOOK_URL_FILE=${urlFile} cannot be read (${error.code}): correct the path or its permissions.`,
    );
  });
  const url = URL.parse(text.trim());
  if (url?.protocol !== 'https:') throw new TlsError(`${urlFile}: no https:// address in it: write one line with it.`);
  return async (event, service) => {
    const answer = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ service, ...event }),
      redirect: 'error',
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    await answer.body?.cancel();
    if (!answer.ok) throw new Error(`the webhook answered ${answer.status}`);
  };
}
