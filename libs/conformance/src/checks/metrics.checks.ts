// The page of metrics: for operators alone, and no longer for what strangers ask for.
import { randomUUID } from 'node:crypto';
import { skip, type Check, type Finding } from '../check.ts';
import { summary } from '../client/answer.ts';

/** Paths that nobody knows: few enough for a service that limits its callers. */
const PATHS = 25;

export const metricsBounded: Check = {
  id: 'metrics-bounded',
  title: 'Paths that nobody knows do not make the metrics grow',
  control: ['API4:2023', 'CWE-770'],
  severity: 'medium',
  remedy: 'label requests by the template of their route, and all that matched none by one value',
  alone: true,
  async run(target) {
    const { management } = target.options;
    if (management === undefined) skip('name the management address with --management');
    const page = () => target.fetch({ url: new URL('/metrics', management), label: '/metrics of the management port' });
    const before = await page();
    if (before.status !== 200) return [{ message: `${before.label}: expected 200`, evidence: summary(before) }];
    const mark = `conformance-${randomUUID()}`;
    for (let index = 0; index < PATHS; index++) {
      await target.fetch({ url: new URL(`/${mark}/${index}`, target.url), label: 'an unknown path' });
    }
    const lines = (await page()).text.split('\n').filter((line) => line.includes(mark));
    return lines.slice(0, 1).map((line): Finding => ({
      message: `a path that was asked for is a label: ${lines.length} lines more`,
      evidence: line,
    }));
  },
};
