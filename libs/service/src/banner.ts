// What a person sees when the service is up: addresses, and a line to paste that works.
import type { RunningService } from './start-service.ts';

/**
 * The banner, at most 80 columns where the paths allow.
 * @param command what runs the gatehouse command from any folder, as a shell reads it
 */
export function banner(
  { name, urls, caFile, settings, trustHint, sample }: RunningService,
  command = process.env.GATEHOUSE_COMMAND,
): string {
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
    ...(sample ? withToken(`${curl} ${urls.https}${sample.path}`, sample.scopes, name, command) : []),
    ...(trustHint.length > 0 ? ['', ...trustHint] : []),
    '',
    'Stop with Ctrl-C.',
  ];
  return `\n${lines.join('\n')}\n\n`;
}

/**
 * Works as it is pasted, in any folder: outside of the workspace npx would fetch and run a stranger's package of the same name, so
 * that without the command's own path it is told to fetch none.
 */
function withToken(curl: string, scopes: readonly string[], service: string, command = 'npx --no gatehouse'): string[] {
  const audience = service === 'api' ? '' : ` --audience ${service}`;
  return [`  ${curl} \\`, `    -H "Authorization: Bearer $(${command} token --scope ${scopes.join(',')}${audience})"`];
}

const quoted = (path: string) => (/^[\w./-]+$/.test(path) ? path : `'${path.replaceAll("'", "'\\''")}'`);
