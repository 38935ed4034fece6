// Asks for the certificate again from time to time: a leaf is renewed while the process runs, and a CA that another service made
// anew is followed.

const EVERY_MS = 60_000;

/** Calls its listeners every minute, without keeping the process alive. */
export function renewalTimer(everyMs: number = EVERY_MS): { onChange(listener: () => void): () => void; stop(): void } {
  const listeners = new Set<() => void>();
  const timer = setInterval(() => listeners.forEach((listener) => listener()), everyMs).unref();
  return {
    onChange(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    stop: () => clearInterval(timer),
  };
}
