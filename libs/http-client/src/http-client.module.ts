// Clients for Nest, by name: a module gets the client that it names, and so reaches only the hosts that this one may reach.
import {
  Inject,
  Injectable,
  Module,
  type DynamicModule,
  type FactoryProvider,
  type InjectionToken,
  type OnApplicationShutdown,
  type Provider,
} from '@nestjs/common';
import { createHttpClient, type HttpClientContext } from './create-http-client.ts';
import type { HttpClientSnapshot } from './client.counters.ts';
import type { HttpClient } from './http.client.ts';
import { HttpClientConfigError } from './http-client.error.ts';
import type { HttpClientInput } from './http-client.options.ts';

/** The clients of an application, by name. */
export interface HttpClientModuleOptions {
  readonly clients?: Readonly<Record<string, HttpClientInput>>;
  readonly context?: Omit<HttpClientContext, 'name'>;
}

/** What has to be there before the clients can be made. */
export interface HttpClientModuleFactory<A extends unknown[]> {
  readonly inject: InjectionToken[];
  readonly useFactory: (...injected: A) => HttpClientModuleOptions | Promise<HttpClientModuleOptions>;
}

const token = (name: string) => Symbol.for(`gatehouse:http-client:${name}`);

/** Injects the client that `HttpClientModule.forFeature(name)` brings into a module. */
export const InjectHttpClient = (name: string): ParameterDecorator & PropertyDecorator => Inject(token(name));

/** Every client of the application: for metrics. Closes them at the end. */
@Injectable()
export class HttpClientRegistry implements OnApplicationShutdown {
  readonly #clients: ReadonlyMap<string, HttpClient>;

  constructor(clients: ReadonlyMap<string, HttpClient>) {
    this.#clients = clients;
  }

  /** @throws HttpClientConfigError when there is none of that name */
  get(name: string): HttpClient {
    const client = this.#clients.get(name);
    if (client) return client;
    const names = [...this.#clients.keys()].join(', ') || 'none';
    throw new HttpClientConfigError(
      name,
      'there is no such client',
      `add it to HttpClientModule.forRoot, which has ${names}`,
    );
  }

  snapshots(): HttpClientSnapshot[] {
    return [...this.#clients.values()].map((client) => client.snapshot());
  }

  async onApplicationShutdown(): Promise<void> {
    await Promise.all([...this.#clients.values()].map((client) => client.close()));
  }
}

@Module({})
export class HttpClientModule {
  /**
   * Once, in the module of the application.
   *
   * @throws HttpClientConfigError naming each option that is wrong
   * @example HttpClientModule.forRoot({ clients: { rates: { allow: ['api.example.com'] } } })
   */
  static forRoot(options: HttpClientModuleOptions = {}): DynamicModule {
    const made = clientsOf(options);
    return registered({ provide: HttpClientRegistry, useFactory: () => new HttpClientRegistry(made) });
  }

  /**
   * {@link forRoot} with options that need something of the application: its client certificate, a secret.
   *
   * @throws HttpClientConfigError at the start, naming each option that is wrong
   * @example
   * HttpClientModule.forRootAsync({
   *   inject: [CLIENT_CERTIFICATE], // of @gatehouse/tls
   *   useFactory: (clientCertificate: ClientCertificateSource) => ({
   *     clients: { users: { allow: [{ host: 'users.internal', mutualTls: true }], clientCertificate } },
   *   }),
   * });
   */
  static forRootAsync<A extends unknown[]>(given: HttpClientModuleFactory<A>): DynamicModule {
    const useFactory = async (...injected: A) => new HttpClientRegistry(clientsOf(await given.useFactory(...injected)));
    return registered({ provide: HttpClientRegistry, inject: given.inject, useFactory } as FactoryProvider);
  }

  /** In each module that makes calls: the client of that name, for `@InjectHttpClient(name)`. An unknown one stops the start. */
  static forFeature(name: string): DynamicModule {
    const client: Provider = {
      provide: token(name),
      inject: [HttpClientRegistry],
      useFactory: (registry: HttpClientRegistry) => registry.get(name),
    };
    return { module: HttpClientFeature, providers: [client], exports: [token(name)] };
  }
}

@Module({})
class HttpClientFeature {}

function registered(registry: Provider): DynamicModule {
  return { module: HttpClientModule, global: true, providers: [registry], exports: [HttpClientRegistry] };
}

function clientsOf({ clients = {}, context = {} }: HttpClientModuleOptions): Map<string, HttpClient> {
  const made = ([name, options]: [string, HttpClientInput]) =>
    [name, createHttpClient(options, { ...context, name })] as const;
  return new Map(Object.entries(clients).map(made));
}
