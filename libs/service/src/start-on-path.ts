// Starts a service whose settings are accepted: secrets, certificate, journal, database, request path, then the three listeners. Nothing
// listens before everything before it is known to be right.
import type { Server } from 'node:http';
import { NestFactory, ModulesContainer } from '@nestjs/core';
import type { DynamicModule, INestApplication, Type } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { createLogger, HealthRegistry } from '@gatehouse/observability';
import { RateLimitModule } from '@gatehouse/rate-limit';
import { openSecrets } from '@gatehouse/secrets';
import { createTls } from '@gatehouse/tls';
import { SchemaPipe } from '@gatehouse/validation';
import type { AcceptedStart } from './accept-start.ts';
import { NestLog } from './nest-log.ts';
import { openServiceAudit } from './audit/open-service-audit.ts';
import { openConnections } from './metrics/connection.metrics.ts';
import { openMetrics } from './metrics/open.metrics.ts';
import { openDetection } from './detection/open-detection.ts';
import { SafeguardEvents } from './detection/safeguard.events.ts';
import { openIdentifiers } from './identifiers.ts';
import { managementServer } from './management/management.server.ts';
import { openApiDocument } from './management/openapi.ts';
import { ProblemToFastifyFilter } from './problem-to-fastify.filter.ts';
import { readHandlers, RouteCatalogue } from './route.catalogue.ts';
import { serviceAdapter } from './service.adapter.ts';
import { ServiceModule } from './service.module.ts';
import { declaredSecrets } from './config/declared-secrets.ts';
import type { ServiceOverrides } from './config/settings.ts';
import { SharedVault } from './config/shared-vault.ts';
import { openAuthn, usesDevelopmentIssuer } from './open-authn.ts';
import { openServiceDatabase } from './open-database.ts';
import { openLimits } from './open-limits.ts';
import { Shutdown } from './shutdown.ts';
import type { RunningService } from './start-service.ts';
import { listen } from './listen.ts';
import { openServiceTraces } from './traces/open.traces.ts';
import { openGate } from './open-gate.ts';
import type { ServiceContext, Step } from './step.ts';

export { flushLogger } from '@gatehouse/observability';

/** With the request path given: `testing/` measures what each step costs. */
export async function startOnPath(
  steps: readonly Step[],
  app: Type,
  { settings, tlsOptions, env }: AcceptedStart,
  logStream?: ServiceOverrides['logStream'],
): Promise<RunningService> {
  const log = await createLogger({
    service: settings.name,
    level: settings.logLevel,
    pretty: !settings.production && process.stdout.isTTY,
    stream: logStream,
  });
  const health = new HealthRegistry();
  const safeguards = new SafeguardEvents(log);
  const undo: (() => Promise<unknown>)[] = [];
  try {
    const { name, stateFolder, production } = settings;
    const place = { service: name, stateFolder, production, env };
    const { valkey, limits, close: closeLimits } = await openLimits(settings, { env, log, health, safeguards });
    undo.push(closeLimits);
    const vault = new SharedVault(env, production, safeguards.told('secrets'));
    undo.push(() => vault.close());
    const declared = declaredSecrets(settings, env);
    const secrets = await openSecrets(declared, settings.secretStore, {
      ...place,
      vault: vault.client,
      onEvent: safeguards.told('secrets'),
    });
    undo.push(() => secrets.close());
    if (Object.keys(declared).length > 0) health.register('secrets', () => secrets.check());
    const tls = await createTls(tlsOptions, {
      ...place,
      vaultSigner: vault.signer,
      publicHost: settings.publicOrigin && new URL(settings.publicOrigin).hostname,
      onEvent: safeguards.told('certificates'),
    });
    undo.push(() => tls.close());
    health.register('tls', () => tls.check());
    const identifiers = openIdentifiers(settings, secrets);
    const { metrics, close: stopWatching } = openMetrics({ tls, secrets, limits, valkey });
    undo.push(async () => stopWatching());
    const { detector, close: stopDetection } = await openDetection(settings, {
      ...{ log, metrics, secrets, identifiers, valkey },
      revoke: async ({ id, ...owner }) => context.authn?.apiKeys?.revoke(owner, id),
    });
    undo.push(stopDetection);
    safeguards.watch(detector, metrics);
    const traces = await openServiceTraces(settings, { log, metrics, secrets });
    undo.push(async () => traces?.close());
    const routes = new RouteCatalogue();
    const audited = settings.audit.enabled && steps.some((step) => step.name === 'audit');
    const { audit, close: closeAudit } = await openServiceAudit(audited, { settings, secrets, metrics, safeguards });
    undo.push(closeAudit);
    const context: ServiceContext = {
      settings,
      log,
      health,
      identifiers,
      metrics,
      traces,
      limits,
      valkey,
      detector,
      secrets,
      tls,
      routes,
      audit,
      draining: false,
    };
    const { modules, database, close } = await openServiceDatabase(context, env);
    undo.push(close);
    context.authn = await openAuthn(context, database, env);
    context.developmentIssuer = usesDevelopmentIssuer(settings, env);
    undo.push(async () => context.authn?.close());
    const nest = await createApplication(steps, app, modules, context);
    undo.push(() => nest.close());
    return { ...(await listenAll(steps, nest, context, undo)), database };
  } catch (error) {
    for (const step of undo.reverse()) await step().catch(() => undefined);
    throw error;
  }
}

async function createApplication(
  steps: readonly Step[],
  app: Type,
  modules: DynamicModule[],
  context: ServiceContext,
): Promise<NestFastifyApplication> {
  const adapter = serviceAdapter(steps, context);
  const nest = await NestFactory.create<NestFastifyApplication>(
    ServiceModule.around(app, [RateLimitModule.forLimiter(context.limits), ...modules], context),
    adapter,
    {
      bodyParser: false,
      abortOnError: false,
      logger: new NestLog(context.log),
    },
  );
  nest.useGlobalPipes(new SchemaPipe());
  nest.useGlobalFilters(new ProblemToFastifyFilter());
  readHandlers(nest.get(ModulesContainer), context.audit !== undefined);
  await nest.init();
  context.routes.refuseUndecided(context.authn !== undefined);
  await nest.getHttpAdapter().getInstance().ready();
  return nest;
}

async function listenAll(
  steps: readonly Step[],
  nest: INestApplication,
  context: ServiceContext,
  undo: (() => Promise<unknown>)[],
): Promise<RunningService> {
  const { settings, tls, log } = context;
  const https = nest.getHttpServer() as Server;
  const front = tls.front(https);
  let httpsPort = 0;
  const gate = openGate(context, () => httpsPort);
  const management = managementServer(steps, context, () => openApiDocument(nest, steps, context));
  await management.ready();
  openConnections(context.metrics, { https: front, http: gate, management: management.server });
  const shutdown = new Shutdown([...new Set([front, https]), gate, management.server], context, undo);
  undo.push(() => shutdown.cut());
  httpsPort = await listen(front, settings.host, settings.ports.https, 'GATEHOUSE_HTTPS_PORT');
  const httpPort = await listen(gate, settings.host, settings.ports.http, 'GATEHOUSE_HTTP_PORT');
  const managementPort = await listen(
    management.server,
    settings.managementHost,
    settings.ports.management,
    'GATEHOUSE_MANAGEMENT_PORT',
  );
  const secure = tls.proxied?.insecurePlainHop ? [management.server] : [https, management.server];
  const detach = secure.map((server) => tls.attach(server as never));
  undo.push(async () => detach.forEach((stop) => stop()));
  return {
    name: settings.name,
    urls: {
      https: `https://localhost:${httpsPort}`,
      http: `http://localhost:${httpPort}`,
      management: `https://localhost:${managementPort}`,
    },
    caFile: tls.caFile,
    settings,
    scopes: context.routes.scopes(),
    sample: context.developmentIssuer ? context.routes.sample() : undefined,
    log,
    authn: context.authn,
    trustHint: tls.trustHint ?? [],
    clientCertificate: () => tls.clientCertificate(),
    close: () => shutdown.run(),
  };
}
