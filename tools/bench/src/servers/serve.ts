// What every server process has in common: it says where it listens, and what it has used when it is asked.
import { serveParent, type Listening, type StartOrder, type Usage } from '../child.protocol.ts';

/** `start` runs on the first question, so that a failure to start is an answer and not a crash. */
export function serve(start: (order: StartOrder) => Promise<Listening>): void {
  serveParent(async (question: { start: StartOrder } | 'usage'): Promise<Listening | Usage> => {
    if (question !== 'usage') return start(question.start);
    const { user, system } = process.cpuUsage();
    return { cpuMicros: user + system, rssBytes: process.memoryUsage.rss() };
  });
}
