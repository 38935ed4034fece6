import { detectionFinding, detectionFindingSchema, signedHeaders } from '../src/index.ts';
import { every, request, watched } from './traffic.script.ts';

const refusal = (account: string) => ({ status: 401, code: 'unauthenticated', refused: { account } });

describe('alerts', () => {
  it('tells the same once in its quiet time, then again with what it has counted', () => {
    const { detector, alerts } = watched();
    for (const event of every(600, 2, (_, at) => request(at, refusal('admin')))) detector.observe(event);
    expect(alerts.map(({ rule }) => rule)).toEqual(['bruteForce']);
    for (const event of every(20, 2, (_, at) => request(310 + at, refusal('admin')))) detector.observe(event);
    expect(alerts).toHaveLength(2);
    expect(alerts[1]?.count).toBeGreaterThan(50);
    expect(alerts[1]?.incident).toBe(alerts[0]?.incident);
    expect(detector.status().suppressed).toBeGreaterThan(50);
  });

  it('groups what one address does into one incident', () => {
    const { detector, alerts } = watched();
    const attack = every(100, 5, (index, at) => request(at, refusal(`user-${index % 50}`)));
    for (const event of attack) detector.observe({ ...event, agent: 'sqlmap/1.8' });
    expect(new Set(alerts.map(({ rule }) => rule))).toEqual(
      new Set(['scannerAgent', 'passwordSpraying', 'credentialStuffing']),
    );
    expect(new Set(alerts.map(({ incident }) => incident)).size).toBe(1);
  });

  it('says of an attack from everywhere that there is more, once', () => {
    const { detector, alerts } = watched({ maxAlertsPerMinute: 10 });
    for (let host = 0; host < 200; host++) {
      for (let call = 0; call < 3; call++) {
        detector.observe(request(call, { address: `198.51.${host}.1`, agent: 'nikto' }));
      }
    }
    expect(alerts).toHaveLength(10);
    expect(alerts.at(-1)?.rule).toBe('alertStorm');
  });

  it('does not grow beyond its bound, whoever calls', () => {
    const { detector } = watched({ maxKeys: 100 });
    for (let index = 0; index < 20_000; index++) {
      detector.observe(
        request(index / 100, {
          ...refusal(`u${index}`),
          address: `10.${index >> 8}.${index & 255}.1`,
          principal: `p${index}`,
        }),
      );
    }
    for (const size of Object.values(detector.status().remembered)) expect(size).toBeLessThanOrEqual(100);
  });

  it('takes a /64 for one caller, and what is not an address for what it is', () => {
    const { detector, alerts } = watched();
    for (let index = 0; index < 10; index++) {
      detector.observe(request(index, { ...refusal('admin'), address: `2001:db8::${index.toString(16)}` }));
      detector.observe(request(index, { ...refusal('admin'), address: 'unknown' }));
    }
    expect(alerts.map(({ subject }) => subject.id)).toContain('2001:db8:0:0::/64 on admin');
    expect(detector.status().failures).toBe(0);
  });

  it('leaves addresses alone that are to be ignored, and rules that are off', () => {
    const attack = every(50, 2, (_, at) => request(at, refusal('admin')));
    const ignoring = watched({ ignore: ['203.0.113.0/24'] });
    const without = watched({ rules: { bruteForce: false } });
    for (const event of attack) {
      ignoring.detector.observe(event);
      without.detector.observe(event);
    }
    expect([...ignoring.alerts, ...without.alerts]).toEqual([]);
  });

  it('refuses an option that it does not know', () => {
    expect(() => watched({ rules: { bruteforce: {} } } as never)).toThrow('bruteforce');
    expect(() => watched({ webhook: { url: 'http://example.test' } })).toThrow('url');
  });

  it('is an OCSF Detection Finding', () => {
    const { detector, alerts } = watched();
    for (const event of every(50, 2, (_, at) => request(at, { ...refusal('admin'), requestId: 'r-1' }))) {
      detector.observe(event);
    }
    const finding = detectionFinding(alerts[0] as never, 'api');
    expect(detectionFindingSchema.parse(finding)).toEqual(finding);
    expect(finding).toMatchObject({
      class_uid: 2004,
      severity_id: 3,
      metadata: { correlation_uid: 'r-1' },
      finding_info: { analytic: { uid: 'bruteForce' }, attacks: [{ technique: { uid: 'T1110.001' } }] },
    });
  });
});

describe('responses', () => {
  const attack = every(50, 2, (_, at) => request(at, refusal('admin')));
  const now = request(30).at;

  it('does nothing to a caller unless told to', () => {
    const { detector } = watched();
    for (const event of attack) detector.observe(event);
    expect(detector.verdict('203.0.113.7', now)).toBeUndefined();
  });

  it('blocks for a time, and never whom it must not', () => {
    const block = { rules: ['bruteForce' as const], seconds: 60 };
    const { detector } = watched({ responses: { block } });
    const spared = watched({ responses: { block, never: ['203.0.113.0/24'] } });
    for (const event of attack) {
      detector.observe(event);
      spared.detector.observe(event);
    }
    expect(detector.verdict('203.0.113.7', now)).toMatchObject({ kind: 'block' });
    expect(detector.verdict('203.0.113.8', now)).toBeUndefined();
    expect(detector.verdict('203.0.113.7', now + 90_000)).toBeUndefined();
    expect(spared.detector.verdict('203.0.113.7', now)).toBeUndefined();
  });
});

describe('signedHeaders', () => {
  it('signs as the example of Standard Webhooks', () => {
    const key = Buffer.from('MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw', 'base64');
    const headers = signedHeaders('msg_p5jXN8AQM9LWM0D4loKWxJek', 1_614_265_330_000, '{"test": 2432232314}', [key]);
    expect(headers['webhook-signature']).toBe('v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=');
  });
});
