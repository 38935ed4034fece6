// Notices that files changed, however they were replaced: written in place, renamed over, or a symlink above them swapped (Kubernetes
// secrets). It asks for their state on a timer: file system events miss symlink swaps and network file systems.
import { stat } from 'node:fs/promises';

/** See {@link watchFiles}. */
export interface FileWatch {
  stop(): void;
}

/**
 * @param everyMs between two looks, in milliseconds
 * @param onLook called after each look; `changed` compares with the look before
 */
export function watchFiles(
  files: readonly string[],
  everyMs: number,
  onLook: (changed: boolean) => unknown,
): FileWatch {
  let known: string | undefined;
  let stopped = false;
  let timer: NodeJS.Timeout | undefined;
  const look = async () => {
    const state = await stateOf(files);
    if (stopped) return;
    const changed = known !== undefined && state !== known;
    known = state;
    await onLook(changed);
    if (!stopped) timer = setTimeout(() => void look(), everyMs).unref();
  };
  void look();
  return {
    stop() {
      stopped = true;
      clearTimeout(timer);
    },
  };
}

/** Device, inode, size and times of what each path leads to now. */
async function stateOf(files: readonly string[]): Promise<string> {
  const states = files.map((file) =>
    stat(file, { bigint: true }).then(
      ({ dev, ino, size, mtimeNs, ctimeNs }) => [dev, ino, size, mtimeNs, ctimeNs].join(':'),
      (error: NodeJS.ErrnoException) => error.code ?? 'error',
    ),
  );
  return (await Promise.all(states)).join(' ');
}
