// Where tests run beside the linter, they go first: they wait for most of their time, and it computes. Imported before what is costly to load.
import { constants, setPriority } from 'node:os';

if (process.env.GATEHOUSE_TEST_FIRST) setPriority(constants.priority.PRIORITY_BELOW_NORMAL);
