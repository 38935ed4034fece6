// On a real Nest application that is no service of ours: what was made can be named in the event.
import 'reflect-metadata';
import type { AddressInfo } from 'node:net';
import { Controller, Module, Post } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { AUDIT_DECLARATION, Audit, type AuditDeclaration } from './audit.decorator.ts';
import { type AuditedRequest, AuditInterceptor } from './audit.interceptor.ts';
import { declaredObjects, exchangeOf } from './declared.details.ts';

@Controller('notes')
class NotesController {
  @Post()
  @Audit('note.create')
  create() {
    return { id: 'note-7', text: 'not for the journal' };
  }
}
@Module({ controllers: [NotesController] })
class NotesModule {}

it('has what the handler returned ready for the event', async () => {
  const app = await NestFactory.create<NestFastifyApplication>(NotesModule, new FastifyAdapter(), { logger: false });
  app.useGlobalInterceptors(new AuditInterceptor());
  const declaration = Reflect.getMetadata(AUDIT_DECLARATION, NotesController.prototype.create) as AuditDeclaration;
  const named: unknown[] = [];
  app
    .getHttpAdapter()
    .getInstance()
    .addHook('onResponse', async (request) => {
      const { auditResult } = request as AuditedRequest;
      named.push(declaredObjects(declaration, exchangeOf({}, {}, auditResult)));
    });
  try {
    await app.listen(0, '127.0.0.1');
    const { port } = app.getHttpServer().address() as AddressInfo;
    expect((await fetch(`http://127.0.0.1:${port}/notes`, { method: 'POST' })).status).toBe(201);
    while (named.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    expect(named).toEqual([[{ type: 'note', uid: 'note-7' }]]);
  } finally {
    await app.close();
  }
});
