// One name, the forms that code needs.

/** `purchase-orders` → `PurchaseOrders`. */
export function pascalCase(name: string): string {
  return name.replace(/(?:^|-)([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
}

/** `purchase-orders` → `purchaseOrders`. */
export function camelCase(name: string): string {
  const pascal = pascalCase(name);
  return pascal.charAt(0).toLowerCase() + pascal.slice(1);
}

/** `purchase-orders` → `purchase_orders`. */
export function snakeCase(name: string): string {
  return name.replaceAll('-', '_');
}

const IRREGULAR: Readonly<Record<string, string>> = { children: 'child', people: 'person', shoes: 'shoe', toes: 'toe' };
const SAME_IN_BOTH = /(?:^|-)(?:data|media|news|series|species|status)$/;

/** One of `orders`: `order`. A guess by English spelling, offered as a default; a word without plural gets `-item`. */
export function singular(name: string): string {
  const last = name.split('-').at(-1) ?? name;
  const one = SAME_IN_BOTH.test(name) ? undefined : (IRREGULAR[last] ?? regular(last));
  return one === undefined ? `${name}-item` : `${name.slice(0, name.length - last.length)}${one}`;
}

function regular(word: string): string | undefined {
  if (/^[a-z]ies$/.test(word)) return word.slice(0, -1); // ties
  if (/ies$/.test(word)) return word.replace(/ies$/, 'y'); // replies
  if (/(?:ss|sh|ch|x|z|[^aeo]us|o)es$/.test(word)) return word.slice(0, -2); // addresses, statuses, heroes; not houses
  if (/[^su]s$/.test(word)) return word.slice(0, -1);
  return undefined;
}
