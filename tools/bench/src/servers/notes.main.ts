// The same service as a program of its own, to be built and started as a team's is.
import { runService } from '@gatehouse/service';
import { notes, NotesModule } from './notes.module.ts';

await runService(NotesModule, notes);
