// Ours, as a generated service has it: strict body schema, declared answers, every step of the request path on.
import { readFile } from 'node:fs/promises';
import { Body, Controller, Get, Module, Param, Post } from '@nestjs/common';
import { defineService, startService } from '@gatehouse/service';
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

serve(async ({ folder: stateFolder }) => {
  const service = defineService({ root: stateFolder, name: 'bench', ports: { https: 0, http: 0, management: 0 } });
  const running = await startService(NotesModule, service, { stateFolder });
  const ca = await readFile(running.caFile ?? '', 'utf8');
  return { port: Number(new URL(running.urls.https).port), ca };
});
