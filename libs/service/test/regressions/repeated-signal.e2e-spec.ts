// A supervisor signals the whole group, and the parent process passes the signal on: the second SIGTERM cut what was in flight.
import { once } from 'node:events';
import { type SlowProcess, slowProcess } from './slow.process.ts';

describe('signals while a request is in flight', () => {
  let service: SlowProcess;
  beforeEach(async () => void (service = await slowProcess()));
  afterEach(() => service.end());

  it('SIGTERM, again and again, still lets it finish', async () => {
    const answer = service.call('/slow');
    await service.saying(/handler begun/);
    for (let times = 0; times < 5; times++) {
      service.child.kill('SIGTERM');
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    const [code] = await once(service.child, 'exit');
    expect(await answer).toMatchObject({ status: 200, body: { done: true } });
    expect(code).toBe(0);
  });

  it('a second Ctrl-C ends at once', async () => {
    const answer = service.call('/slow');
    await service.saying(/handler begun/);
    service.child.kill('SIGINT');
    await new Promise((resolve) => setTimeout(resolve, 100));
    service.child.kill('SIGINT');
    const [code] = await once(service.child, 'exit');
    expect(code).toBe(130);
    expect(await answer).toMatchObject({ code: 'ECONNRESET' });
  });
});
