// What a person sees when the service is up: addresses, and a line to paste that works.
import type { RunningService } from './start-service.ts';

/** The banner, at most 80 columns where the paths allow. */
export function banner({ name, urls, caFile, settings, trustHint }: RunningService): string {
  const curl = ['curl', ...(caFile ? ['--cacert', quoted(caFile)] : []), `${urls.https}/health/ready`].join(' ');
  const lines = [
    `${name} is ready${settings.production ? '' : ' (development)'}`,
    '',
    `  API         ${urls.https}`,
    `  plain HTTP  ${urls.http}  (redirects a browser, refuses the rest)`,
    `  management  ${urls.management}/docs`,
    '',
    'Try it:',
    `  ${curl}`,
    ...(trustHint.length > 0 ? ['', ...trustHint] : []),
    '',
    'Stop with Ctrl-C.',
  ];
  return `\n${lines.join('\n')}\n\n`;
}

const quoted = (path: string) => (/^[\w./-]+$/.test(path) ? path : `'${path.replaceAll("'", "'\\''")}'`);
