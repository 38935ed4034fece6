// Ours, with every step of the request path on, or with those alone that the parent names.
import { readFile } from 'node:fs/promises';
import { startService } from '@gatehouse/service';
import { startWithSteps } from '@gatehouse/service/testing/steps';
import { notes, NotesModule } from './notes.module.ts';
import { serve } from './serve.ts';

serve(async ({ folder: stateFolder, steps }) => {
  const overrides = { stateFolder };
  const running = steps
    ? await startWithSteps(steps, NotesModule, notes, overrides)
    : await startService(NotesModule, notes, overrides);
  const ca = await readFile(running.caFile ?? '', 'utf8');
  return { port: Number(new URL(running.urls.https).port), ca };
});
