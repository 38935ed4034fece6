// What every server answers, so that the bytes are the same and only the path to them differs.
import type { Call } from './child.protocol.ts';

export const PATH = '/v1/notes/1';
export const POST_PATH = '/v1/notes';
export const NOTE = { id: '1', title: 'A note that answers from memory', text: 'x'.repeat(130) } as const;
export const NEW_NOTE = { title: NOTE.title, text: NOTE.text } as const;
export const NOTE_JSON = JSON.stringify(NOTE);

/** The two requests that everything in memory is compared by. */
export const NOTE_CALLS: Record<'GET' | 'POST', Call> = {
  GET: { method: 'GET', paths: [PATH], status: 200, text: NOTE_JSON },
  POST: { method: 'POST', paths: [POST_PATH], bodies: [JSON.stringify(NEW_NOTE)], status: 201, text: NOTE_JSON },
};

/** Longer than the turns of all others: who closes idle connections pays for handshakes, and not for requests. */
export const KEEP_ALIVE_MS = 600_000;
