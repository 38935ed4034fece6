import { checkName, MAX_NAME_LENGTH } from './name.rules.ts';
import { RefusalError } from './refusal.error.ts';

function refusal(
  name: string,
  existing: string[] = [],
  kind: 'service' | 'resource' | 'lib' = 'service',
): RefusalError {
  try {
    checkName(kind, name, existing);
  } catch (error) {
    if (error instanceof RefusalError) return error;
    throw error;
  }
  throw new Error(`${JSON.stringify(name)} was not refused`);
}

describe('checkName', () => {
  it.each(['orders', 'purchase-orders', 'v2-orders', 'ab', 'a1', 'a'.repeat(MAX_NAME_LENGTH)])('takes %s', (name) => {
    expect(() => checkName('service', name)).not.toThrow();
  });

  it.each(['../x', '..', '.', 'a/b', '/etc/passwd', 'a\\b', 'C:x', '~root', 'x/../../y'])(
    'refuses the path %s',
    (name) => {
      expect(refusal(name).message).toContain('is a path');
    },
  );

  it.each([
    'my orders',
    ' orders',
    'orders ',
    'a\tb',
    'a\nb',
    'Orders',
    'orderService',
    'my_orders',
    '-x',
    'x-',
    'a--b',
    '1st',
  ])('refuses the shape %j', (name) => expect(refusal(name).remedy).toMatch(/Type a name such as/));

  it.each(['a;rm -rf', '$(id)', '`id`', 'a&b', '<b>', '{{x}}', "a'b", 'a"b', '--yes', '__proto__', '@gatehouse'])(
    'refuses what a shell, HTML or a template would read: %s',
    (name) => expect(refusal(name)).toBeInstanceOf(RefusalError),
  );

  it.each([
    ['оrders', 'U+043E'],
    ['ordеrs', 'U+0435'],
    ['order\u200bs', 'U+200B'],
    ['order\u202es', 'U+202E'],
    ['ｏrders', 'U+FF4F'],
    ['órders', 'U+00F3'],
    ['order\u0000s', 'U+0000'],
  ])('refuses the look-alike %j and names the character', (name, point) => {
    expect(refusal(name).message).toContain(point);
  });

  it('suggests the plain spelling of a look-alike', () => {
    expect(refusal('оrdеrs').remedy).toContain('"orders"');
    expect(refusal('PurchaseOrders').remedy).toContain('"purchase-orders"');
  });

  it.each([
    ['class', 'keyword'],
    ['delete', 'keyword'],
    ['con', 'device'],
    ['lpt1', 'device'],
    ['crypto', 'module of Node.js'],
    ['fs', 'module of Node.js'],
    ['authn', 'lib of Gatehouse'],
    ['tls', 'module of Node.js'],
    ['api', 'workspace'],
    ['postgres', 'workspace'],
    ['constructor', 'workspace'],
  ])('refuses the reserved %s', (name, why) => {
    expect(refusal(name).message).toContain(why);
  });

  it('refuses a resource that collides with a part of every service', () => {
    expect(refusal('health', [], 'resource').message).toContain('every service');
  });

  it('refuses an existing name, and one that reads like it', () => {
    expect(refusal('orders', ['orders']).message).toContain('taken');
    expect(refusal('order-s', ['orders']).message).toContain('looks like');
    expect(refusal('0rders'.replace('0', 'o') + '0', ['orderso']).message).toContain('looks like');
    expect(refusal('morders', ['rnorders']).message).toContain('looks like');
  });

  it('refuses the empty and the too long, with the limit', () => {
    expect(refusal('').message).toContain('empty');
    expect(refusal('a'.repeat(MAX_NAME_LENGTH + 1)).message).toContain(String(MAX_NAME_LENGTH));
    expect(refusal('a').message).toContain('1 characters');
  });

  it('does not echo control characters', () => {
    expect(refusal('a\u001b[31m').message).not.toContain('\u001b');
  });
});
