// What a balancer and an orchestrator ask. Callers learn only yes or no; why stands on the management port.
import { Controller, Get, Inject } from '@nestjs/common';
import { HealthRegistry } from '@gatehouse/observability';
import { Unlimited } from '@gatehouse/rate-limit';
import { ProblemError } from '@gatehouse/problem-details';
import { Public } from '@gatehouse/authz';
import { Returns } from '@gatehouse/validation';
import { z } from 'zod';

const healthView = z.strictObject({ status: z.literal('ok') });

/** `GET /health/live` and `GET /health/ready`. */
@Controller('health')
@Public('a balancer has no credential, and learns no more than yes or no')
@Unlimited('a balancer asks often, and counts a refusal as the death of the replica')
export class HealthController {
  private asking?: ReturnType<HealthRegistry['ready']>;

  constructor(@Inject(HealthRegistry) private readonly health: HealthRegistry) {}

  /** The process answers. */
  @Get('live')
  @Returns(healthView)
  live(): z.infer<typeof healthView> {
    return { status: 'ok' };
  }

  /** Send traffic here: every dependency answers, and no shutdown has begun. However many ask, the dependencies are asked once. */
  @Get('ready')
  @Returns(healthView)
  async ready(): Promise<z.infer<typeof healthView>> {
    this.asking ??= this.health.ready().finally(() => (this.asking = undefined));
    const { ok } = await this.asking;
    if (!ok) throw new ProblemError('dependency-unavailable', { headers: { 'retry-after': '5' } });
    return { status: 'ok' };
  }
}
