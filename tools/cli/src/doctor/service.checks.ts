// What one service needs: settings that are valid, ports that are free or its own, a database that can be had, a certificate that lasts.
import { connect } from 'node:net';
import { embeddedServerFolder } from '@gatehouse/database';
import { portHolder, type ServiceSettings } from '@gatehouse/service';
import { findingOf, type Finding } from './finding.ts';

const PORT_SETTINGS = {
  https: 'GATEHOUSE_HTTPS_PORT',
  http: 'GATEHOUSE_HTTP_PORT',
  management: 'GATEHOUSE_MANAGEMENT_PORT',
} as const;

/** Each listener's port: free, or held by whom. */
export async function checkPorts({ name, ports, host, managementHost }: ServiceSettings): Promise<Finding[]> {
  const where = { check: 'ports', service: name } as const;
  const found = await Promise.all(
    Object.entries(PORT_SETTINGS).map(async ([listener, setting]): Promise<Finding[]> => {
      const port = ports[listener as keyof typeof ports];
      if (port === 0 || !(await answers(loopbackOf(listener === 'management' ? managementHost : host), port)))
        return [];
      const message = `port ${port} (${listener}) is taken by ${(await portHolder(port)) ?? 'a process of another user'}`;
      const remedy = `End that process, or choose another port: ${setting}=${port + 10}`;
      return [{ ...where, level: 'error', message, remedy }];
    }),
  );
  const numbers = Object.values(ports).join(', ');
  return found.flat().length > 0 ? found.flat() : [{ ...where, level: 'ok', message: `ports ${numbers} are free` }];
}

/** Whether a database can be had: the embedded server's programs, unless another server is configured. */
export function checkDatabase({ name, database }: ServiceSettings, env: NodeJS.ProcessEnv): Finding[] {
  const where = { check: 'database', service: name } as const;
  if (!database) return [];
  if (env.GATEHOUSE_DATABASE_URL)
    return [{ ...where, level: 'ok', message: 'the server of GATEHOUSE_DATABASE_URL; the ready probe tells of it' }];
  try {
    return [{ ...where, level: 'ok', message: `embedded PostgreSQL, from ${embeddedServerFolder()}` }];
  } catch (error) {
    return [findingOf(error, where)];
  }
}

/** What is wrong with the certificates that the service serves, as `gatehouse certs status` has it. */
export async function checkCertificate({ name, stateFolder }: ServiceSettings): Promise<Finding[]> {
  const where = { check: 'certificate', service: name } as const;
  const { certificateStatus } = await import('@gatehouse/tls');
  const status = (await certificateStatus(stateFolder)).find(({ service }) => service === name);
  if (!status) return [{ ...where, level: 'ok', message: 'none yet: the first start makes or reads it' }];
  const remedy = 'Look at: npx gatehouse certs status';
  if (status.findings.length > 0)
    return status.findings.map(({ level, message }) => ({ ...where, level, message, remedy }));
  const until = status.certificates.flatMap(({ certificate }) => certificate?.notAfter.slice(0, 10) ?? []).join(', ');
  return [{ ...where, level: 'ok', message: `until ${until}${status.running ? ', as it is served now' : ''}` }];
}

/** The loopback address of a listener that may listen on every address. */
export const loopbackOf = (host: string): string => (host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '::1' : host);

function answers(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, timeout: 1_000 });
    const end = (open: boolean) => {
      socket.destroy();
      resolve(open);
    };
    socket.once('connect', () => end(true)).once('error', () => end(false));
    socket.once('timeout', () => end(false));
  });
}
