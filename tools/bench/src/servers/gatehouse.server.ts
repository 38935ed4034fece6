// Ours, as a generated service has it: strict body schema, declared answers, every step of the request path on.
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Body, Controller, Get, Module, Param, Post } from '@nestjs/common';
import { Returns } from '@gatehouse/validation';
import { z } from 'zod';
import { NOTE } from '../sample.ts';
import { serve } from './serve.ts';

const newNote = z.strictObject({ title: z.string().max(100), text: z.string().max(1_000) });
const note = z.strictObject({ id: z.string(), title: z.string(), text: z.string() });

@Controller('v1/notes')
class NotesController {
  @Get(':id')
  @Returns(note)
  find(@Param('id', { schema: z.string().regex(/^\d+$/) }) id: string): object {
    return { ...NOTE, id };
  }

  @Post()
  @Returns(note, { status: 201 })
  create(@Body({ schema: newNote }) body: z.infer<typeof newNote>): object {
    return { id: NOTE.id, ...body };
  }
}

@Module({ controllers: [NotesController] })
class NotesModule {}

interface ServiceKit {
  defineService(options: object): object;
  startService(
    module: object,
    service: object,
    overrides: object,
  ): Promise<{ urls: { https: string }; caFile?: string }>;
}

/** Not a literal: where the kit does not build, the other servers are still measured and this one is named as skipped. */
const KIT = ['@gatehouse', 'service'].join('/');

serve(async () => {
  const { defineService, startService } = (await import(KIT)) as ServiceKit;
  const stateFolder = await mkdtemp(join(tmpdir(), 'gatehouse-bench-'));
  const ports = { https: 0, http: 0, management: 0 };
  const running = await startService(NotesModule, defineService({ root: stateFolder, name: 'bench', ports }), {
    stateFolder,
  });
  const ca = await readFile(running.caFile ?? '', 'utf8');
  await rm(stateFolder, { recursive: true, force: true });
  return { port: Number(new URL(running.urls.https).port), ca };
});
