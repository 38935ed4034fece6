// The limits for any application of NestJS: the module of @nestjs/throttler with our storage, our guard in front of every route.
import { type DynamicModule, Inject, Module, type OnApplicationShutdown } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import { ThrottlerModule } from '@nestjs/throttler';
import { RateLimitGuard } from './rate-limit.guard.ts';
import type { RateLimitOptions } from './rate-limit.options.ts';
import { createRateLimiter, RateLimiter, type RateLimiterContext } from './rate-limiter.ts';
import { GcraThrottlerStorage } from './throttler.storage.ts';

/** See the head of the file. */
@Module({})
export class RateLimitModule implements OnApplicationShutdown {
  constructor(@Inject(RateLimiter) private readonly limiter: RateLimiter) {}

  /**
   * Limits every route of the application.
   * @example imports: [RateLimitModule.forRoot({ address: { limit: 600 } })]
   */
  static forRoot(options: RateLimitOptions = {}, context: RateLimiterContext = {}): DynamicModule {
    const { NODE_ENV } = process.env;
    const make = () =>
      createRateLimiter(options, { production: NODE_ENV === 'production', env: process.env, ...context });
    return this.with({ provide: RateLimiter, useFactory: make }, [{ provide: APP_GUARD, useClass: RateLimitGuard }]);
  }

  /** Gives a limiter that exists already to whoever asks for one or for a ThrottlerStorage; without a guard. */
  static forLimiter(limiter: RateLimiter): DynamicModule {
    return this.with({ provide: RateLimiter, useValue: limiter }, []);
  }

  async onApplicationShutdown(): Promise<void> {
    await this.limiter.close();
  }

  private static with(
    provider:
      | { provide: typeof RateLimiter; useFactory: () => Promise<RateLimiter> }
      | { provide: typeof RateLimiter; useValue: RateLimiter },
    guards: NonNullable<DynamicModule['providers']>,
  ): DynamicModule {
    const owner: DynamicModule = { module: LimiterHolder, global: true, providers: [provider], exports: [RateLimiter] };
    return {
      module: RateLimitModule,
      imports: [
        owner,
        ThrottlerModule.forRootAsync({
          imports: [owner],
          inject: [RateLimiter],
          useFactory: (limiter: RateLimiter) => ({ throttlers: [], storage: new GcraThrottlerStorage(limiter) }),
        }),
      ],
      providers: guards,
      exports: [ThrottlerModule],
    };
  }
}

/** Holds the one limiter of an application. */
@Module({})
class LimiterHolder {}
