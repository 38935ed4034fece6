// What --dry-run shows: the unified diff that `git diff` would show afterwards.
import { createTwoFilesPatch } from 'diff';
import type { Change } from './plan.ts';

/** The changes as one unified diff that `git apply` takes; empty when nothing changes. */
export function unifiedDiff(changes: readonly Change[]): string {
  return changes.map(fileDiff).join('');
}

function fileDiff({ path, before, after }: Change): string {
  const from = before === undefined ? '/dev/null' : `a/${path}`;
  const to = after === undefined ? '/dev/null' : `b/${path}`;
  const mode =
    before === undefined ? 'new file mode 100644\n' : after === undefined ? 'deleted file mode 100644\n' : '';
  const patch = createTwoFilesPatch(from, to, before ?? '', after ?? '', undefined, undefined, { context: 3 });
  return `diff --git a/${path} b/${path}\n${mode}${patch.replace(/^=+\n/, '')}`;
}
