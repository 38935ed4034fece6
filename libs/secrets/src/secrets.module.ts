// Gives the secrets to every provider of an application, and revokes the leases when the application closes.
import { type DynamicModule, Inject, Module, type OnApplicationShutdown } from '@nestjs/common';
import { Secrets } from './secrets.ts';

/**
 * @example imports: [SecretsModule.forRoot(await openSecrets(declared, {}, context))]
 */
@Module({})
export class SecretsModule implements OnApplicationShutdown {
  constructor(@Inject(Secrets) private readonly secrets: Secrets) {}

  /** Any provider may then take {@link Secrets} by its constructor: `constructor(private readonly secrets: Secrets<typeof declared>)`. */
  static forRoot(secrets: Secrets<never>): DynamicModule {
    return {
      module: SecretsModule,
      global: true,
      providers: [{ provide: Secrets, useValue: secrets }],
      exports: [Secrets],
    };
  }

  async onApplicationShutdown(): Promise<void> {
    await this.secrets.close();
  }
}
