// Runs the gatehouse command (program.ts).
import { program } from './program.ts';

// Nobody reads any more (`| head`): no error of the work, which goes on and says itself how it ended. A command that wants to end then, or
// to bear a full disk, listens too.
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE' && stream.listenerCount('error') === 1) throw error;
  });
}

await program.parseAsync();
