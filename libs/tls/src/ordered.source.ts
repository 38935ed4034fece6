// Several sources as one: the first that has a certificate gives it. What an earlier one could not give is said once, so that a
// fallback is never silent.
import type { CertificateMaterial, CertificateSource, SourceContext } from './certificate.source.ts';
import { TlsError } from './tls.error.ts';

/**
 * @param sources in the order in which they are asked; at least one
 * @returns a source whose name, CA and hint are those of the source that gave the certificate last
 */
export function orderedSource(
  sources: readonly CertificateSource[],
  { emit }: Pick<SourceContext, 'emit'>,
): CertificateSource {
  let chosen = sources[0];
  const said = new Map<string, string>();
  const say = (source: CertificateSource, message: string, next?: CertificateSource) => {
    if (said.get(source.name) === message) return;
    said.set(source.name, message);
    const instead = next ? ` Asking ${next.name} instead.` : '';
    emit({
      type: next ? 'source-fallback' : 'source-failed',
      level: 'warn',
      source: source.name,
      message: message + instead,
    });
  };
  return {
    get name() {
      return chosen?.name ?? 'none';
    },
    get origin() {
      return chosen?.origin;
    },
    get caFile() {
      return chosen?.caFile;
    },
    get trustHint() {
      return chosen?.trustHint;
    },
    async current(): Promise<CertificateMaterial | undefined> {
      const errors: string[] = [];
      for (const [index, source] of sources.entries()) {
        try {
          const material = await source.current();
          if (!material) continue;
          chosen = source;
          said.delete(source.name);
          return material;
        } catch (error) {
          const { message } = error as Error;
          errors.push(message);
          if (sources.length > 1) say(source, message, sources[index + 1]);
        }
      }
      if (errors.length > 0) throw new TlsError(errors.join('\n  '));
      return undefined;
    },
    async prepare() {
      const errors: Error[] = [];
      for (const source of sources) {
        try {
          await source.prepare?.();
          if (source.prepare) return;
        } catch (error) {
          errors.push(error as Error);
        }
      }
      const [first, ...more] = errors;
      if (more.length > 0) throw new TlsError(errors.map(({ message }) => message).join('\n  '));
      if (first) throw first;
    },
    onChange(listener) {
      const ends = sources.map((source) => source.onChange(listener));
      return () => ends.forEach((end) => end());
    },
    get renewal() {
      return sources.map(({ renewal }) => renewal).find((each) => each !== undefined);
    },
    start: () => sources.forEach((source) => source.start?.()),
    async challenge(token) {
      for (const source of sources) {
        const answer = await source.challenge?.(token);
        if (answer !== undefined) return answer;
      }
      return undefined;
    },
    close: async () => void (await Promise.all(sources.map((source) => source.close()))),
  };
}
