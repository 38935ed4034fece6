// Tells that something in a folder changed. Kubernetes and CSI swap a symlink, editors rename, network file systems tell nothing: the
// poll of the holder finds what the watch misses.
import { type FSWatcher, watch } from 'node:fs';

/** Several events of one swap become one. */
const SETTLE_MS = 50;

/** Calls `listener` after a change of an entry that `concerns` accepts. Returns what ends it. */
export function watchFolder(folder: string, listener: () => void, concerns = (_name: string) => true): () => void {
  let timer: NodeJS.Timeout | undefined;
  let watcher: FSWatcher | undefined;
  try {
    watcher = watch(folder, { persistent: false }, (_event, name) => {
      if (name !== null && !concerns(name)) return;
      clearTimeout(timer);
      timer = setTimeout(listener, SETTLE_MS).unref();
    });
    watcher.on('error', () => watcher?.close());
  } catch {
    // No watch on this file system: the poll has to do.
  }
  return () => {
    clearTimeout(timer);
    watcher?.close();
  };
}
