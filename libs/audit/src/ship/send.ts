// How a receiver is reached: by `fetch` unless the caller has a client of its own, with an allow-list and pins.

/** One request, and the status and the text of its answer. Rejects when there is none. */
export type Send = (
  url: URL,
  request: { readonly method: 'POST' | 'PUT'; readonly headers: Record<string, string>; readonly body: string },
) => Promise<{ readonly status: number; readonly text: string }>;

const TIMEOUT_MS = 10_000;

export const sendByFetch: Send = async (url, request) => {
  const answer = await fetch(url, { ...request, redirect: 'error', signal: AbortSignal.timeout(TIMEOUT_MS) });
  return { status: answer.status, text: await answer.text() };
};

/** @throws TypeError for an address that is not https */
export function httpsOnly(url: URL, what: string): void {
  if (url.protocol !== 'https:') throw new TypeError(`${what} needs an https:// address`);
}

/** @throws Error unless the answer is 2xx */
export function expectArrived({ status }: { readonly status: number }, what: string): void {
  if (status < 200 || status > 299) throw new Error(`${what} answered ${status}`);
}
