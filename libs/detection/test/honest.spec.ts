// What honest callers do must not be an alert, or nobody reads the next one.
import type { TrafficEvent } from '../src/index.ts';
import { randomFrom, request, watched } from './traffic.script.ts';

const USERS = 200;
const MINUTES = 30;

/** An office behind one address: everybody works, some mistype, some follow dead links, tokens expire, one batch job runs each 5 minutes. */
function office(seed: number): TrafficEvent[] {
  const random = randomFrom(seed);
  const events: TrafficEvent[] = [];
  for (let second = 0; second < MINUTES * 60; second++) {
    for (let user = 0; user < USERS; user++) {
      if (random() > 0.2) continue;
      const at = second + random();
      const own = { principal: `user-${user}`, credential: `token-${user}-${second > 900 ? 2 : 1}`, admin: user < 3 };
      const luck = random();
      if (luck < 0.0004)
        events.push(request(at, { status: 401, code: 'unauthenticated', refused: { account: `user-${user}` } }));
      else if (luck < 0.003) events.push(request(at, { status: 401, code: 'unauthenticated' }));
      else if (luck < 0.008)
        events.push(request(at, { ...own, status: 404, path: `/v1/accounts/${Math.floor(luck * 1e7)}` }));
      else if (luck < 0.0085) events.push(request(at, { status: 404, route: undefined, path: '/favicon.ico' }));
      else if (luck < 0.01) events.push(request(at, { ...own, status: 429, code: 'rate-limited' }));
      else if (luck < 0.02) events.push(request(at, { ...own, status: 422, method: 'POST' }));
      else events.push(request(at, own));
    }
    if (second % 300 === 299) {
      for (let call = 0; call < 80; call++) {
        events.push(request(second + call / 100, { principal: 'batch', credential: 'key-1', agent: 'batch/1.0' }));
      }
    }
    if (second % 60 === 0) {
      events.push({ kind: 'connection-refused', at: request(second).at, address: '203.0.113.7', reason: 'reset' });
    }
  }
  return events.sort((a, b) => a.at - b.at);
}

describe('honest traffic', () => {
  it.each([1, 2])('30 minutes of 200 users behind one address: no alert (seed %i)', (seed) => {
    const { detector, alerts } = watched();
    const events = office(seed);
    for (const event of events) detector.observe(event);
    expect(events.length).toBeGreaterThan(70_000);
    expect(alerts.map(({ rule, subject, evidence }) => ({ rule, subject, evidence }))).toEqual([]);
    expect(detector.status().failures).toBe(0);
  });

  it('a telephone that leaves its Wi-Fi once, and a laptop with IPv4 and IPv6: no alert', () => {
    const { detector, alerts } = watched();
    for (let second = 0; second < 1_800; second++) {
      const phone = second < 900 ? '203.0.113.7' : '198.51.100.9';
      detector.observe(request(second, { principal: 'ada', credential: 'phone', address: phone }));
      const laptop = second % 2 === 0 ? '203.0.113.8' : '2001:db8:1:2::5';
      detector.observe(request(second, { principal: 'ada', credential: 'laptop', address: laptop }));
    }
    expect(alerts).toEqual([]);
  });

  it('a token that expired and is tried again until it is renewed: no alert', () => {
    const { detector, alerts } = watched();
    for (let second = 0; second < 60; second++) {
      detector.observe(request(second, { status: 401, code: 'unauthenticated' }));
    }
    expect(alerts).toEqual([]);
  });
});
