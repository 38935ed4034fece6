// The process of keeper.ts. Runs without the hook of the workspace: only what Node.js itself strips.
import { rm } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import type { Kept } from './keeper.ts';
import { GRACE_MS, isGroupAlive, signalGroup } from './process.group.ts';

let kept: Kept = { leaders: [], folders: [] };
for await (const line of createInterface({ input: process.stdin })) kept = JSON.parse(line) as Kept;

const { leaders, folders } = kept;
for (const leader of leaders) signalGroup(leader, 'SIGTERM');
for (const end = Date.now() + GRACE_MS; Date.now() < end && leaders.some(isGroupAlive);) await delay(50);
for (const leader of leaders) signalGroup(leader, 'SIGKILL');
for (const folder of folders) await rm(folder, { recursive: true, force: true, maxRetries: 5 });
