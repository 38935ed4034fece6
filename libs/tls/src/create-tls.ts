// The TLS side of a service as one object: complete options for its listeners, certificates that stay current, who the clients are, and
// what operators should know.
import type { Server as NetServer } from 'node:net';
import type { SecureContextOptions, Server, TlsOptions as ServerOptions } from 'node:tls';
import { configuredSources } from './certificate.sources.ts';
import { CertificateSlot } from './certificate.slot.ts';
import type { CertificateSource } from './certificate.source.ts';
import { clientIdentity, type ClientIdentity, type ClientSocket } from './client/client.identity.ts';
import { loadClientTrust, watchClientTrust } from './client/client.trust.ts';
import { eventReporter } from './event.reporter.ts';
import { LiveCertificates } from './live.certificates.ts';
import { nameSelection } from './name.selection.ts';
import { createProxiedFront } from './proxied/proxied.front.ts';
import { writeStatus } from './status.file.ts';
import { resolveTlsOptions } from './tls.environment.ts';
import { TlsError } from './tls.error.ts';
import type { TlsEvent } from './tls.event.ts';
import type { ClientCertificateOptions, ProxiedOptions, TlsOptions } from './tls.options.ts';
import { policyOptions } from './tls.policy.ts';
import { checkReadiness } from './tls.readiness.ts';
import { snapshotOf, type TlsSnapshot } from './tls.snapshot.ts';

/** What createTls works with. */
export interface TlsContext {
  readonly service: string;
  readonly stateFolder: string;
  readonly production: boolean;
  readonly env?: NodeJS.ProcessEnv;
  /** Called for every event: log it. */
  readonly onEvent?: (event: TlsEvent) => void;
  /** The host that callers use: a certificate has to cover it, unless the options say which names or a balancer ends TLS. */
  readonly publicHost?: string;
  /** Further sources that the program brings (a vault's), asked before those of the options. */
  readonly sources?: readonly CertificateSource[];
  /** Milliseconds since the epoch; tests move it. */
  readonly now?: () => number;
}

/** The TLS side of a service. */
export interface Tls {
  /**
   * The complete options of a listener.
   *
   * @param clientCertificates whether this listener asks for client certificates, where it is to differ from the options
   */
  serverOptions(clientCertificates?: ClientCertificateOptions['mode']): SecureContextOptions & ServerOptions;
  /**
   * Keeps a listener's certificate current from now on, probes it, and lets the sources begin their work: call it when the service
   * listens, its plain-HTTP gate included. Returns what ends that.
   */
  attach(server: Server): () => void;
  /**
   * The server to listen with: `server` itself, or, where a balancer ends TLS, the front that takes connections of listed balancers
   * only and hands them over to it.
   */
  front<S extends NetServer>(server: S): S | NetServer;
  /** Where a balancer ends TLS: how it tells about its clients. */
  readonly proxied?: ProxiedOptions;
  /** For the plain-HTTP gate: the answer to an ACME challenge. */
  challenge(token: string): Promise<string | undefined>;
  /** Who calls, by client certificate and the rules of the options; undefined for nobody. `request.socket`, of HTTP/2 too. */
  clientIdentity(socket: unknown): ClientIdentity | undefined;
  /** For HealthRegistry.register('tls', () => tls.check()). @throws TlsError while not ready */
  check(): void;
  /** What is served now, for metrics and status. */
  snapshot(): TlsSnapshot;
  /** Asks every source again and probes every listener now; resolves when that is done. */
  refresh(): Promise<void>;
  readonly caFile?: string;
  readonly trustHint?: readonly string[];
  /** The first certificate. */
  describe(): {
    source: string;
    subject: string;
    names: string;
    issuer: string;
    notBefore: string;
    notAfter: string;
    serial: string;
    fingerprint256: string;
  };
  close(): Promise<void>;
}

/** @throws TlsError naming the file or the setting, and the remedy */
export async function createTls(given: TlsOptions, context: TlsContext): Promise<Tls> {
  const { service, stateFolder, production, env = {}, now = Date.now } = context;
  const options = resolveTlsOptions(given, env);
  const { emit, onEvent } = await eventReporter(options, context);
  const configured = await configuredSources(
    options,
    { service, stateFolder, production, env, now, emit },
    { own: context.sources, publicHost: options.proxied ? undefined : context.publicHost },
  );
  const slots = configured.map(({ source, names }) => new CertificateSlot(source, names, now));
  const live = new LiveCertificates(slots, emit, now);
  const closeSources = () => Promise.all(slots.map(({ source }) => source.close()));
  try {
    live.clientTrust = await clientTrust(options.clientCertificates, now());
    await live.start();
  } catch (error) {
    await closeSources();
    throw error;
  }
  return assemble(live, options, { ...context, now }, onEvent);
}

function assemble(
  live: LiveCertificates,
  options: TlsOptions,
  context: TlsContext & { now: () => number },
  onEvent: (listener: () => void) => void,
): Tls {
  const { now } = context;
  const [first] = live.slots;
  const closing: (() => void)[] = [];
  let started = false;
  let saving: Promise<unknown> = Promise.resolve();
  let closed = false;
  // A state folder that cannot be written is no reason to stop: the status is a convenience, and a container's disk may be read-only.
  const saveStatus = () =>
    (saving = saving
      .then(() => (closed ? undefined : writeStatus(context.stateFolder, context.service, snapshotOf(live, now()))))
      .catch(() => undefined));
  const refresh = async () => {
    await Promise.all(live.slots.map((slot) => live.reload(slot)));
    await live.watch();
    await saveStatus();
  };
  const begin = () => {
    if (started) return;
    started = true;
    for (const slot of live.slots) {
      closing.push(slot.source.onChange(() => void live.reload(slot)));
      slot.source.start?.();
    }
    closing.push(followClientTrust(live, options, now));
    const timer = setInterval(() => void refresh(), options.probeEveryMs).unref();
    closing.push(() => clearInterval(timer));
    onEvent(saveStatus);
    void live.watch();
    void live.settled().then(saveStatus);
  };
  return {
    serverOptions: (mode = options.clientCertificates.mode) => ({
      ...policyOptions(live.material(first)),
      ...nameSelection(live),
      ...clientRequest(mode, live),
    }),
    attach(server) {
      const detach = live.listeners.add(server);
      begin();
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
    check: () => checkReadiness(live, options.reload.differsLimitMs, now()),
    snapshot: () => snapshotOf(live, now()),
    refresh,
    get caFile() {
      return options.caFile ?? first?.source.caFile;
    },
    get trustHint() {
      return first?.source.trustHint ?? [];
    },
    describe: () => describe(live),
    async close() {
      closing.forEach((close) => close());
      await live.settled();
      if (started) await saveStatus();
      closed = true;
      await Promise.all(live.slots.map(({ source }) => source.close()));
    },
  };
}

/** Asking for certificates without a private CA would trust the public store. */
function clientRequest(mode: ClientCertificateOptions['mode'], live: LiveCertificates): ServerOptions {
  if (mode === 'off') return { requestCert: false };
  if (!live.clientTrust)
    throw new TlsError('set GATEHOUSE_TLS_CLIENT_CA_FILE: nobody says who may issue client certificates.');
  return { requestCert: true, rejectUnauthorized: mode === 'required' };
}

async function clientTrust(
  { caFile, crlFile }: ClientCertificateOptions,
  now: number,
): Promise<LiveCertificates['clientTrust']> {
  return caFile ? loadClientTrust({ caFile, crlFile }, now) : undefined;
}

function followClientTrust(live: LiveCertificates, options: TlsOptions, now: () => number): () => void {
  const { caFile, crlFile } = options.clientCertificates;
  if (!caFile) return () => undefined;
  const watch = watchClientTrust({ caFile, crlFile }, options.reload.pollMs, () => {
    void live.trustClients(() => loadClientTrust({ caFile, crlFile }, now()));
  });
  return () => watch.stop();
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
