import { camelCase, pascalCase, singular, snakeCase } from './word.forms.ts';

it.each([
  ['orders', 'order'],
  ['order-lines', 'order-line'],
  ['replies', 'reply'],
  ['ties', 'tie'],
  ['addresses', 'address'],
  ['statuses', 'status'],
  ['houses', 'house'],
  ['causes', 'cause'],
  ['heroes', 'hero'],
  ['boxes', 'box'],
  ['branches', 'branch'],
  ['invoices', 'invoice'],
  ['people', 'person'],
  ['grand-children', 'grand-child'],
  ['series', 'series-item'],
  ['market-data', 'market-data-item'],
  ['user', 'user-item'],
  ['status', 'status-item'],
  ['x2', 'x2-item'],
])('of %s, one is called %s', (plural, one) => expect(singular(plural)).toBe(one));

it('gives the forms that code needs', () => {
  expect([pascalCase, camelCase, snakeCase].map((form) => form('purchase-orders'))).toEqual([
    'PurchaseOrders',
    'purchaseOrders',
    'purchase_orders',
  ]);
});
