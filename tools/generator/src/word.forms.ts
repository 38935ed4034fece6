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

/** One of `orders`: `order`. A guess by English spelling, offered as a default; a word without plural gets `-item`. */
export function singular(name: string): string {
  if (/ies$/.test(name)) return name.replace(/ies$/, 'y');
  if (/(?:ss|sh|ch|x|z)es$/.test(name)) return name.slice(0, -2);
  if (/[^su]s$/.test(name)) return name.slice(0, -1);
  return `${name}-item`;
}
