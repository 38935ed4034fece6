// Starts a service: first what can be refused, then the application and everything around it.
import type { Type } from '@nestjs/common';
import type { Authenticator } from '@gatehouse/authn';
import type { Database } from '@gatehouse/database';
import type { Logger } from '@gatehouse/observability';
import type { CertificateMaterial } from '@gatehouse/tls';
import { acceptStart } from './accept-start.ts';
import { ConfigurationError } from './config/configuration.error.ts';
import type { ServiceDescriptor } from './config/service.options.ts';
import type { ServiceOverrides, ServiceSettings } from './config/settings.ts';

/** The root module, or what loads it once the settings are accepted: `() => import('./app.module.ts')`. */
export type AppSource = Type | (() => Promise<{ readonly AppModule: Type }>);

/** A service that answers. */
export interface RunningService {
  readonly name: string;
  readonly urls: { readonly https: string; readonly http: string; readonly management: string };
  /** The development CA, for `--cacert`; absent where callers need none. */
  readonly caFile?: string;
  readonly settings: ServiceSettings;
  /** A GET that needs a token and nothing else, where the development identity provider gives one: for the banner. */
  readonly sample?: { readonly path: string; readonly scopes: readonly string[] };
  /** Every scope that a route asks for, sorted. */
  readonly scopes: readonly string[];
  readonly log: Logger;
  /** What proves callers; undefined where every route is @Public. */
  readonly authn?: Authenticator;
  /** Undefined where the descriptor names none. */
  readonly database?: Database;
  /** How to trust the certificate, in lines for people. */
  readonly trustHint: readonly string[];
  /** Its own certificate, for calls to other services by mutual TLS. @throws TlsError while there is none */
  clientCertificate(): CertificateMaterial;
  /** Stops as SIGTERM does: not ready, grace, drain, close. Idempotent. */
  close(): Promise<void>;
}

/**
 * Starts a service and returns when it answers.
 *
 * @throws ConfigurationError (nothing listens then), or what the secrets, the certificate source or the database throw
 */
export async function startService(
  app: AppSource,
  service: ServiceDescriptor,
  overrides: ServiceOverrides = {},
): Promise<RunningService> {
  const accepted = await acceptStart(service, overrides);
  const [{ startOnPath }, { requestPath }, module] = await Promise.all([
    import('./start-on-path.ts'),
    import('./steps/index.ts'),
    loadApp(app),
  ]);
  return startOnPath(requestPath, module, accepted, overrides.logStream);
}

async function loadApp(app: AppSource): Promise<Type> {
  if (isClass(app)) return app;
  const { AppModule } = await app();
  if (AppModule) return AppModule;
  throw new ConfigurationError(
    'the file that main.ts imports exports no AppModule.\n  Export the root module by that name.',
  );
}

/** The prototype of a class can not be replaced, that of a function can, and an arrow function has none. */
const isClass = (app: AppSource): app is Type => Object.getOwnPropertyDescriptor(app, 'prototype')?.writable === false;
