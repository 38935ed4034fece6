// The module for Nest: clients by name, each with the hosts that are its own.
import { Injectable, Module } from '@nestjs/common';
import { ModuleRef, NestFactory } from '@nestjs/core';
import {
  HttpClientModule,
  HttpClientRegistry,
  InjectHttpClient,
  type HttpClientModuleOptions,
} from '../src/http-client.module.ts';
import { HttpClient } from '../src/http.client.ts';
import { ConnectionFailedError, EgressRefusedError } from '../src/http-client.error.ts';
import { problemOf } from '../src/http-client.problem.ts';
import { ProblemError } from '@gatehouse/problem-details';
import { common, failure, host } from './fixtures/host.ts';

@Injectable()
class Rates {
  constructor(@InjectHttpClient('rates') readonly client: HttpClient) {}
}

@Module({ imports: [HttpClientModule.forFeature('rates')], providers: [Rates] })
class RatesModule {}

const start = (clients: HttpClientModuleOptions['clients']) => {
  @Module({ imports: [HttpClientModule.forRoot({ clients }), RatesModule] })
  class AppModule {}
  return NestFactory.createApplicationContext(AppModule, { logger: false, abortOnError: false });
};

describe('HttpClientModule', () => {
  it('gives a module its client, counts for all, and closes them at the end', async () => {
    const { ca } = await common();
    const target = await host();
    const app = await start({
      rates: { allow: [target.key], ca: ca.cert, insecureLoopback: true },
      others: {},
    });
    const { client } = app.get(Rates);
    expect((await client.get(target.url)).text()).toBe('hello');
    await failure(client.get('https://evil.example'), EgressRefusedError);
    expect(app.get(HttpClientRegistry).snapshots()).toMatchObject([
      {
        name: 'rates',
        counters: { calls: 2, answers: { '2xx': 1 }, failures: { 'egress-refused': 1 }, receivedBytes: 5 },
        hosts: [{ host: target.key, running: 0, waiting: 0 }],
      },
      { name: 'others', hosts: [] },
    ]);
    await app.close();
    await expect(client.get(target.url)).rejects.toThrow(/closed/);
    await target.close();
  });

  it('makes its clients of what the application has, and stops the start where those options are not valid', async () => {
    const withOptions = (options: object) => {
      @Module({
        imports: [
          HttpClientModule.forRootAsync({ inject: [ModuleRef], useFactory: () => ({ clients: { rates: options } }) }),
          RatesModule,
        ],
      })
      class AppModule {}
      return NestFactory.createApplicationContext(AppModule, { logger: false, abortOnError: false });
    };
    const app = await withOptions({});
    await failure(app.get(Rates).client.get('https://evil.example'), EgressRefusedError);
    await app.close();
    await expect(withOptions({ alow: [] })).rejects.toThrow(/rates: its options are not valid: .*alow/);
  });

  it('stops the start for a client that nobody configured, naming those that there are', async () => {
    await expect(start({ others: {} })).rejects.toThrow(/rates: there is no such client: .*others/);
  });

  it('stops the start for options that are not valid, naming the client', () => {
    expect(() => start({ rates: { alow: [] } as object })).toThrow(/rates: its options are not valid: .*alow/);
  });
});

describe('problemOf', () => {
  it('answers 503 for a host that fails, without a word about it', () => {
    const error = new ConnectionFailedError('db.internal:443', 'no connection', 'look', { sent: false });
    const problem = problemOf(error) as ProblemError;
    expect(problem).toBeInstanceOf(ProblemError);
    expect([problem.getStatus(), JSON.stringify(problem.getResponse())]).toEqual([
      503,
      expect.not.stringContaining('db.internal'),
    ]);
    expect(problem.cause).toBe(error);
  });

  it('leaves what is our own mistake as it is: 500', () => {
    const error = new EgressRefusedError('evil.example:443', 'not allowed', 'add it');
    expect(problemOf(error)).toBe(error);
  });
});
