// What Node does not end in HTTP/2, or not soon: a session that does nothing, a stream whose client neither sends nor reads any more, and a
// client that resets one stream after the other (CWE-400, CWE-770).
import type { Http2SecureServer, ServerHttp2Session, ServerHttp2Stream } from 'node:http2';
import { constants } from 'node:http2';

/** Streams of one session that may be reset; a browser that leaves a page resets as many as it has open. */
export const RESETS = { burst: 200, perSecond: 33 } as const;

/** In milliseconds. */
export interface SweepTimes {
  /** How long a session may be without an open stream. */
  readonly idleMs: number;
  /** How long a stream may be open in all: sending, handling, reading. */
  readonly exchangeMs: number;
}

/**
 * Looks each second. An idle session is closed whether or not it dribbles bytes: Node's own session timeout starts again with each
 * byte, so half a HEADERS frame a second would hold it. A stream that was answered but not read is cancelled.
 */
export function sweepSessions(server: Http2SecureServer, { idleMs, exchangeMs }: SweepTimes): void {
  const idleSince = new Map<ServerHttp2Session, number>();
  const openSince = new Map<ServerHttp2Stream, number>();
  server.on('session', (session) => {
    let open = 0;
    const resets = new ResetBudget();
    idleSince.set(session, performance.now());
    session.on('stream', (stream) => {
      open += 1;
      idleSince.delete(session);
      openSince.set(stream, performance.now());
      stream.once('close', () => {
        open -= 1;
        openSince.delete(stream);
        if (stream.aborted && !resets.spend(performance.now()))
          session.destroy(undefined, constants.NGHTTP2_ENHANCE_YOUR_CALM);
        if (open === 0 && !session.closed) idleSince.set(session, performance.now());
      });
    });
    session.once('close', () => idleSince.delete(session));
  });
  const sweep = setInterval(
    () => {
      const now = performance.now();
      for (const [session, since] of idleSince) if (since <= now - idleMs) end(session, since <= now - idleMs - 1_000);
      for (const [stream, since] of openSince) {
        if (since > now - exchangeMs) break; // the rest is younger
        stream.close(constants.NGHTTP2_CANCEL);
        if (since <= now - exchangeMs - 1_000) stream.destroy();
      }
    },
    Math.min(1_000, idleMs),
  ).unref();
  server.once('close', () => clearInterval(sweep));
}

/**
 * How often a client may take back what it asked for: a burst, then a rate (CVE-2023-44487). Node's own limit ends a session when its GOAWAY has
 * been sent, and until then answers what has come: up to 740 requests a connection were seen. This one ends it there and then.
 */
class ResetBudget {
  private left: number = RESETS.burst;
  private at = 0;

  /** False when there is nothing left. @param now in milliseconds */
  spend(now: number): boolean {
    this.left = Math.min(RESETS.burst, this.left + ((now - this.at) / 1_000) * RESETS.perSecond) - 1;
    this.at = now;
    return this.left >= 0;
  }
}

function end(session: ServerHttp2Session, atOnce: boolean): void {
  session.close();
  if (atOnce) session.destroy();
}
