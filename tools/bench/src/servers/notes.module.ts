// A service that answers from memory, as a generated one has it: strict body schema, declared answers.
import { Body, Controller, Get, Module, Param, Post } from '@nestjs/common';
import { Audit } from '@gatehouse/audit';
import { Public } from '@gatehouse/authz';
import { defineService } from '@gatehouse/service';
import { Returns } from '@gatehouse/validation';
import { z } from 'zod';
import { KEEP_ALIVE_MS, NOTE } from '../sample.ts';

const newNote = z.strictObject({ title: z.string().max(100), text: z.string().max(1_000) });
const note = z.strictObject({ id: z.string(), title: z.string(), text: z.string() });

@Controller('v1/notes')
@Public('the kit without callers is what is measured here')
class NotesController {
  @Get(':id')
  @Returns(note)
  find(@Param('id', { schema: z.string().regex(/^\d+$/) }) id: string): object {
    return { ...NOTE, id };
  }

  @Post()
  @Audit('note.create')
  @Returns(note, { status: 201 })
  create(@Body({ schema: newNote }) body: z.infer<typeof newNote>): object {
    return { id: NOTE.id, ...body };
  }
}

@Module({ controllers: [NotesController] })
export class NotesModule {}

export const notes = defineService({
  root: import.meta.dirname,
  name: 'bench',
  ports: { https: 0, http: 0, management: 0 },
  limits: { keepAliveTimeoutMs: KEEP_ALIVE_MS },
  rateLimit: { address: { limit: 1_000_000, windowSeconds: 1 } }, // decided on each request, and never reached
});
