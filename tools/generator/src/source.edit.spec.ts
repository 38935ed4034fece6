import { addToList, removeFromList } from './source.edit.ts';

const place = { call: 'Module', path: ['imports'] };
const entry = { symbol: 'ItemsModule', from: './items/items.module.ts', element: 'ItemsModule' };
const module = `import { Module } from '@nestjs/common';

// imports: [] in a comment is no place
@Module({ imports: [], providers: [] })
export class AppModule {}
`;

describe('editing a list in a source file', () => {
  it('adds the import and the element', () => {
    const text = addToList('app.module.ts', module, place, entry);
    expect(text).toContain(`import { ItemsModule } from './items/items.module.ts';\n`);
    expect(text).toContain('@Module({ imports: [ItemsModule], providers: [] })');
  });

  it.each([
    ['the only one', module],
    ['the last', module.replace('imports: [],', 'imports: [A, B],')],
    ['beside a spread and a call', module.replace('imports: [],', 'imports: [...all, X.forRoot({})],')],
  ])('takes exactly that away again: %s', (_, before) => {
    const after = addToList('app.module.ts', before, place, entry);
    expect(removeFromList('app.module.ts', after, place, entry)).toBe(before);
  });

  it('takes the first of several away', () => {
    const text = module
      .replace('[],', '[ItemsModule, B],')
      .replace('\n\n', `\nimport { ItemsModule } from './items/items.module.ts';\n\n`);
    expect(removeFromList('app.module.ts', text, place, entry)).toContain('imports: [B]');
  });

  it('adds to an object and takes away again', () => {
    const at = { call: 'defineService', path: ['database', 'migrations'] };
    const items = { symbol: 'items', from: './items.ts', element: '...items' };
    const before = `import { a } from './a.ts';\n\nexport default defineService({ database: { migrations: { ...a } } });\n`;
    const after = addToList('service.config.ts', before, at, items);
    expect(after).toContain('migrations: { ...a, ...items }');
    expect(removeFromList('service.config.ts', after, at, items)).toBe(before);
  });

  it.each([
    ['no decorator', 'export class AppModule {}'],
    ['no imports', '@Module({ providers: [] }) export class AppModule {}'],
    ['imports by a variable', '@Module({ imports: all }) export class AppModule {}'],
    ['two modules', '@Module({ imports: [] }) class A {}\n@Module({ imports: [] }) class B {}'],
  ])('refuses %s, and names the file', (_, text) => {
    expect(() => addToList('app.module.ts', text, place, entry)).toThrow(
      /app\.module\.ts has (no|more than one) Module/,
    );
  });

  it('refuses to take away what is not there', () => {
    expect(() => removeFromList('app.module.ts', module, place, entry)).toThrow(/does not list ItemsModule/);
  });
});
