// Runs the gatehouse command (program.ts).
import { program } from './program.ts';

await program.parseAsync();
