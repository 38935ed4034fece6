// What a person sees when the service is up: addresses, and a line to paste that works.
import type { RunningService } from './start-service.ts';

/** The banner, at most 80 columns where the paths allow. */
export function banner({ name, urls, caFile, settings, trustHint, sample }: RunningService): string {
  const curl = ['curl', ...(caFile ? ['--cacert', quoted(caFile)] : [])].join(' ');
  const lines = [
    `${name} is ready${settings.production ? '' : ' (development)'}`,
    '',
    `  API         ${urls.https}`,
    `  plain HTTP  ${urls.http}  (redirects a browser, refuses the rest)`,
    `  management  ${urls.management}/docs`,
    '',
    'Try it:',
    `  ${curl} ${urls.https}/health/ready`,
    ...(sample ? withToken(`${curl} ${urls.https}${sample.path}`, sample.scopes, name) : []),
    ...(trustHint.length > 0 ? ['', ...trustHint] : []),
    '',
    'Stop with Ctrl-C.',
  ];
  return `\n${lines.join('\n')}\n\n`;
}

/** Works as it is pasted, in the workspace's folder. */
function withToken(curl: string, scopes: readonly string[], service: string): string[] {
  const audience = service === 'api' ? '' : ` --audience ${service}`;
  return [
    `  ${curl} \\`,
    `    -H "Authorization: Bearer $(npx gatehouse token --scope ${scopes.join(',')}${audience})"`,
  ];
}

const quoted = (path: string) => (/^[\w./-]+$/.test(path) ? path : `'${path.replaceAll("'", "'\\''")}'`);
