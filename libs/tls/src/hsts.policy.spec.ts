import { hstsHeader, isLocalName } from './hsts.policy.ts';
import { hstsSchema } from './tls.options.ts';

const options = hstsSchema.parse({});

describe('HSTS', () => {
  it('is two years with every sub-domain, and no preload unless asked', () => {
    expect(hstsHeader(options, { encrypted: true, host: 'api.example.com' })).toBe(
      'max-age=63072000; includeSubDomains',
    );
  });

  it('is never said over plain HTTP', () => {
    expect(hstsHeader({ ...options, localNames: true }, { encrypted: false, host: 'api.example.com' })).toBeUndefined();
  });

  it.each([
    'localhost',
    'LOCALHOST:8443',
    'app.localhost',
    'localhost.',
    '127.0.0.1',
    '127.0.0.1:8443',
    '[::1]',
    '[::1]:8443',
    '::1',
    '10.1.2.3',
  ])('is not said for %s unless asked', (host) => {
    expect(hstsHeader(options, { encrypted: true, host })).toBeUndefined();
    expect(hstsHeader({ ...options, localNames: true }, { encrypted: true, host })).toContain('max-age');
  });

  it.each(['localhost.example.com', 'mylocalhost', '1.2.3.4.example.com', 'api.example.com:8443'])(
    'is said for %s',
    (host) => {
      expect(isLocalName(host)).toBe(false);
    },
  );

  it('refuses preload without its consequences accepted', () => {
    expect(() => hstsSchema.parse({ preload: true, includeSubDomains: false })).toThrow('preload needs');
    expect(() => hstsSchema.parse({ preload: true, maxAgeSeconds: 86_400 })).toThrow('preload needs');
    expect(hstsSchema.shape.preload.description).toMatch(/EVERY name below.*months/);
    const preload = hstsSchema.parse({ preload: true });
    expect(hstsHeader(preload, { encrypted: true, host: 'example.com' })).toBe(
      'max-age=63072000; includeSubDomains; preload',
    );
  });
});
