// The TLS side of a service as one object: complete options for its listeners, certificates that stay current, who the clients are, and
// what operators should know.
import type { TlsOptions as ServerOptions } from 'node:tls';
import { checkAuthorities } from './authorities.file.ts';
import { validateMaterial } from './certificate.facts.ts';
import type { CertificateMaterial } from './certificate.source.ts';
import { configuredSources } from './certificate.sources.ts';
import { CertificateSlot } from './certificate.slot.ts';
import { clientIdentity, type ClientSocket } from './client/client.identity.ts';
import { loadClientTrust } from './client/client.trust.ts';
import { eventReporter } from './event.reporter.ts';
import { openIdentity } from './identity/create-identity.ts';
import { LiveCertificates } from './live.certificates.ts';
import { nameSelection } from './name.selection.ts';
import { createProxiedFront } from './proxied/proxied.front.ts';
import { resolveTlsOptions } from './tls.environment.ts';
import { TlsError } from './tls.error.ts';
import type { ClientCertificateOptions, TlsOptions } from './tls.options.ts';
import { policyOptions } from './tls.policy.ts';
import { checkReadiness } from './tls.readiness.ts';
import type { Tls, TlsContext } from './tls.ts';
import { TlsUpkeep } from './tls.upkeep.ts';

/**
 * Finds the certificates and checks everything that can be known before something listens.
 *
 * @throws TlsError naming the file or the setting, and the remedy
 */
export async function createTls(given: TlsOptions, context: TlsContext): Promise<Tls> {
  const { service, stateFolder, production, env = {}, now = Date.now } = context;
  const options = resolveTlsOptions(given, env);
  if (options.caFile) await checkAuthorities(options.caFile);
  const { emit, onEvent } = await eventReporter(options, context);
  const place = { service, stateFolder, production, env, now, emit };
  const configured = await configuredSources(options, place, {
    own: context.sources,
    vaultSigner: context.vaultSigner,
    publicHost: options.proxied ? undefined : context.publicHost,
  });
  const slots = configured.map(({ source, names }) => new CertificateSlot(source, names, now));
  const live = new LiveCertificates(slots, emit, now);
  const upkeep = new TlsUpkeep(live, options, { service, stateFolder, now });
  try {
    live.clientTrust = await trustOfStart(options.clientCertificates, now());
    await live.start();
    const { vaultSigner } = context;
    if (options.identity) upkeep.identity = await openIdentity(options.identity, options, { ...place, vaultSigner });
  } catch (error) {
    await upkeep.close();
    throw error;
  }
  return assemble(live, options, upkeep, now, onEvent);
}

function assemble(
  live: LiveCertificates,
  options: TlsOptions,
  upkeep: TlsUpkeep,
  now: () => number,
  onEvent: (listener: () => void) => void,
): Tls {
  const [first] = live.slots;
  return {
    serverOptions: (mode = options.clientCertificates.mode) => ({
      ...policyOptions(live.material(first)),
      ...nameSelection(live),
      ...clientRequest(mode, live),
    }),
    attach(server) {
      const detach = live.listeners.add(server);
      upkeep.begin(onEvent);
      return detach;
    },
    front: (server) => {
      if (!options.proxied) return server;
      return createProxiedFront(server, options.proxied, () => (live.counters.refusedConnections += 1));
    },
    proxied: options.proxied,
    async challenge(token) {
      for (const { source } of live.slots) {
        const answer = await source.challenge?.(token);
        if (answer !== undefined) return answer;
      }
      return undefined;
    },
    clientIdentity: (socket) => clientIdentity(socket as Partial<ClientSocket>, options.clientCertificates, now()),
    clientCertificate: () => upkeep.identity?.certificate() ?? clientCertificate(first, now()),
    check: () => checkReadiness(live, options.reload.differsLimitMs, now()),
    snapshot: () => upkeep.snapshot(),
    refresh: () => upkeep.refresh(),
    get caFile() {
      return options.caFile ?? first?.source.caFile;
    },
    get trustHint() {
      return first?.source.trustHint ?? [];
    },
    describe: () => describe(live),
    close: () => upkeep.close(),
  };
}

function clientCertificate(slot: CertificateSlot | undefined, now: number): CertificateMaterial {
  if (!slot?.served) throw new TlsError('there is no certificate yet to show to others.');
  const { material } = slot.served;
  validateMaterial(material, { origin: slot.origin, now, purpose: 'client' });
  return material;
}

/** Asking for certificates without a private CA would trust the public store. */
function clientRequest(mode: ClientCertificateOptions['mode'], live: LiveCertificates): ServerOptions {
  if (mode === 'off') return { requestCert: false };
  if (!live.clientTrust)
    throw new TlsError('set GATEHOUSE_TLS_CLIENT_CA_FILE: nobody says who may issue client certificates.');
  return { requestCert: true, rejectUnauthorized: mode === 'required' };
}

async function trustOfStart(
  { caFile, crlFile }: ClientCertificateOptions,
  now: number,
): Promise<LiveCertificates['clientTrust']> {
  return caFile ? loadClientTrust({ caFile, crlFile }, now) : undefined;
}

function describe(live: LiveCertificates): ReturnType<Tls['describe']> {
  const [slot] = live.slots;
  const facts = slot?.served?.facts;
  return {
    source: slot?.source.name ?? 'none',
    subject: facts?.subject ?? '',
    names: facts?.names.join(', ') ?? '',
    issuer: facts?.issuer ?? '',
    notBefore: facts ? new Date(facts.notBefore).toISOString() : '',
    notAfter: facts ? new Date(facts.notAfter).toISOString() : '',
    serial: facts?.serial ?? '',
    fingerprint256: facts?.fingerprint256 ?? '',
  };
}
