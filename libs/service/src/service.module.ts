// The module around the team's own: health, security.txt and secrets for every service, and the database where one is declared.
import { type DynamicModule, Module, type Type } from '@nestjs/common';
import { Authenticator } from '@gatehouse/authn';
import { HealthRegistry, Metrics } from '@gatehouse/observability';
import { CLIENT_CERTIFICATE } from '@gatehouse/tls';
import { Secrets } from '@gatehouse/secrets';
import { SharedValkey } from '@gatehouse/valkey';
import { AuditController } from './audit/audit.controller.ts';
import { ServiceAudit } from './audit/open-audit.ts';
import { HealthController } from './health.controller.ts';
import { SecurityContact, SecurityTxtController } from './security-txt.controller.ts';
import type { ServiceContext } from './step.ts';

@Module({})
export class ServiceModule {
  /** @param modules what the descriptor asked for, such as the database */
  static around(
    app: Type,
    modules: readonly DynamicModule[],
    { health, metrics, settings, secrets, authn, tls, valkey, audit }: ServiceContext,
  ): DynamicModule {
    const auditors = authn !== undefined && audit !== undefined; // who cannot be proved is no auditor
    return {
      module: ServiceModule,
      global: true,
      imports: [...modules, app],
      controllers: [HealthController, SecurityTxtController, ...(auditors ? [AuditController] : [])],
      providers: [
        { provide: HealthRegistry, useValue: health },
        { provide: Metrics, useValue: metrics },
        { provide: Secrets, useValue: secrets }, // closed last, by the shutdown: what ends before may need them still
        { provide: CLIENT_CERTIFICATE, useValue: () => tls.clientCertificate() },
        { provide: Authenticator, useValue: authn },
        { provide: SharedValkey, useValue: valkey },
        ...(audit ? [{ provide: ServiceAudit, useValue: audit }] : []),
        { provide: SecurityContact, useValue: new SecurityContact(settings.securityContact) },
      ],
      exports: [HealthRegistry, Metrics, Secrets, CLIENT_CERTIFICATE, Authenticator, SharedValkey],
    };
  }
}
