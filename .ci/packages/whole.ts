// A service of somebody else's, outside of the workspace: the whole request path from the packages alone.
import { Controller, Get, Module } from '@nestjs/common';
import { Scopes } from '@gatehouse/authz';
import { defineService } from '@gatehouse/service';
import { startForTest } from '@gatehouse/service/testing';
import { Returns } from '@gatehouse/validation';
import { deepStrictEqual as same } from 'node:assert';
import { z } from 'zod';

@Controller('v1/greetings')
@Scopes('greetings:read')
class GreetingsController {
  @Get()
  @Returns(z.strictObject({ hello: z.string() }))
  greet() {
    return { hello: 'world', password: 'undeclared' };
  }
}

@Module({ controllers: [GreetingsController] })
class AppModule {}

const service = await startForTest(
  AppModule,
  defineService({
    name: 'greetings',
    root: import.meta.dirname,
    ports: { https: 0, http: 0, management: 0 },
    authn: {},
  }),
);
try {
  const answer = await service.call('GET', '/v1/greetings');
  same([answer.status, answer.body], [200, { hello: 'world' }]);
  same((await service.call('GET', '/v1/greetings', { headers: { authorization: undefined } })).status, 401);
  same((await service.call('GET', '/v1/nothing')).body.code, 'not-found');
} finally {
  await service.close();
}
console.log(
  'whole: a service from the packages answers over HTTPS, refuses a caller without a token, and drops what is not declared',
);
