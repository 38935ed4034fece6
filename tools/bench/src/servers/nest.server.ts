// Bare NestJS on Fastify: what a team has before it secures anything.
import { Body, Controller, Get, Module, Post } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import type { AddressInfo } from 'node:net';
import { KEEP_ALIVE_MS, NOTE } from '../sample.ts';
import { serve } from './serve.ts';

@Controller('v1/notes')
class NotesController {
  @Get(':id')
  find(): object {
    return NOTE;
  }

  @Post()
  create(@Body() body: object): object {
    return { id: NOTE.id, ...body };
  }
}

@Module({ controllers: [NotesController] })
class NotesModule {}

serve(async ({ key, cert }) => {
  const adapter = new FastifyAdapter({
    https: { key, cert, minVersion: 'TLSv1.3' },
    keepAliveTimeout: KEEP_ALIVE_MS,
  } as object);
  const app = await NestFactory.create<NestFastifyApplication>(NotesModule, adapter, { logger: false });
  await app.listen(0, '127.0.0.1');
  return { port: (app.getHttpServer().address() as AddressInfo).port, ca: cert };
});
