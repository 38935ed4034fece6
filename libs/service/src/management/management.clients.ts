// Who may reach the management port. From loopback, which is the machine or the container itself, nobody is asked; from anywhere else it
// takes a client certificate whose holder is named: metrics, alerts and the API's description are a map for an attacker (ASVS 5.0 V13.4).
import type { ServerOptions } from 'node:https';
import { BlockList, isIP, isIPv6 } from 'node:net';
import type { Server, TLSSocket } from 'node:tls';
import { ConfigurationError } from '../config/configuration.error.ts';
import type { ServiceSettings } from '../config/settings.ts';
import type { ServiceContext } from '../step.ts';

const LOOPBACK = new BlockList();
LOOPBACK.addSubnet('127.0.0.0', 8);
LOOPBACK.addAddress('::1', 'ipv6');

const isLoopback = (address: string): boolean =>
  address === 'localhost' || (isIP(address) !== 0 && LOOPBACK.check(address, isIPv6(address) ? 'ipv6' : 'ipv4'));

/**
 * The TLS options of the service, with the CA of the management clients where it has them.
 *
 * @throws ConfigurationError when production would open the port to whoever reaches it, or two CAs are named
 */
export function withManagementTrust(settings: ServiceSettings): ServiceSettings['tls'] {
  const { tls, management, managementHost, production } = settings;
  if ((management.clientCaFile === undefined) !== (management.clients.length === 0))
    throw new ConfigurationError(
      'of management, clientCaFile and clients are set together.\n  Set both, or neither: GATEHOUSE_MANAGEMENT_CLIENT_CA_FILE, GATEHOUSE_MANAGEMENT_CLIENTS.',
    );
  if (!management.clientCaFile) {
    if (!production || isLoopback(managementHost)) return tls;
    throw new ConfigurationError(
      `the management port would be open to whoever reaches ${managementHost}.\n` +
        '  Leave GATEHOUSE_MANAGEMENT_HOST on loopback, or set GATEHOUSE_MANAGEMENT_CLIENT_CA_FILE and GATEHOUSE_MANAGEMENT_CLIENTS.',
    );
  }
  const { caFile = management.clientCaFile } = tls.clientCertificates;
  if (caFile !== management.clientCaFile)
    throw new ConfigurationError(
      `management.clientCaFile and the CA of the API's client certificates differ.\n  Name one file in both: one CA, and management.clients says who of it.`,
    );
  return { ...tls, clientCertificates: { ...tls.clientCertificates, caFile } };
}

/** Whether clients are asked for a certificate. */
export const managementTlsOptions = ({ settings, tls }: ServiceContext): ServerOptions =>
  tls.serverOptions(settings.management.clientCaFile ? 'optional' : 'off');

/** Ends connections of everybody else before they are heard. */
export function guardManagement(server: Server, { settings, tls, log, identifiers }: ServiceContext): void {
  const { clientCaFile, clients } = settings.management;
  if (!clientCaFile) return;
  server.prependListener('secureConnection', (socket: TLSSocket) => {
    const { remoteAddress = '' } = socket;
    const client = tls.clientIdentity(socket)?.id;
    if (isLoopback(remoteAddress) || (client !== undefined && clients.includes(client))) return;
    log.warn({ address: identifiers.of(remoteAddress), client }, 'somebody else at the management port');
    socket.destroy();
  });
}
