// Edits to a file that people own too. By the syntax tree, not by a pattern: a pattern that matches nothing reports
// success, and one that matches a comment breaks the file. Where the place is missing, the edit is refused.
import ts from 'typescript';
import { RefusalError } from './refusal.error.ts';

/** A list in a source file: `imports: […]` of `@Module({…})`, or `migrations: {…}` of `defineService({ database: {…} })`. */
export interface ListPlace {
  /** Name of the decorator or function whose first argument is the object. */
  readonly call: string;
  /** Property names from that object down to the array or object. */
  readonly path: readonly string[];
}

/**
 * Adds `import { symbol } from 'from'` after the last import and `element` at the end of the list.
 * @param file name for messages
 * @throws RefusalError when the list is not an array literal in that place
 */
export function addToList(
  file: string,
  text: string,
  place: ListPlace,
  entry: { symbol: string; from: string; element: string },
): string {
  const source = parse(file, text);
  const list = findList(file, source, place);
  const last = source.statements.findLast(ts.isImportDeclaration);
  const importLine = `import { ${entry.symbol} } from '${entry.from}';`;
  const importAt = last ? last.getEnd() : 0;
  const elements = itemsOf(list);
  const at = elements.at(-1)?.getEnd() ?? list.getStart() + 1;
  const withElement = insert(text, at, elements.length > 0 ? `, ${entry.element}` : entry.element);
  return insert(withElement, importAt, last ? `\n${importLine}` : `${importLine}\n`);
}

/**
 * Takes both away again.
 * @throws RefusalError when either is not there
 */
export function removeFromList(
  file: string,
  text: string,
  place: ListPlace,
  entry: { symbol: string; from: string; element: string },
): string {
  const source = parse(file, text);
  const elements = itemsOf(findList(file, source, place));
  const index = elements.findIndex((element) => element.getText() === entry.element);
  const declaration = source.statements.find(
    (statement) =>
      ts.isImportDeclaration(statement) && (statement.moduleSpecifier as ts.StringLiteral).text === entry.from,
  );
  if (index < 0 || !declaration) {
    throw new RefusalError(`${file} does not list ${entry.element}`, 'Take it out by hand, then destroy with --force.');
  }
  const element = elements[index] as ts.Node;
  const next = elements[index + 1];
  const previous = elements[index - 1];
  const start = next ? element.getStart() : previous ? previous.getEnd() : element.getStart();
  const end = next ? next.getStart() : element.getEnd();
  const withoutElement = text.slice(0, start) + text.slice(end);
  const lineStart = declaration.getStart();
  return withoutElement.slice(0, lineStart) + withoutElement.slice(declaration.getEnd()).replace(/^\r?\n/, '');
}

type List = ts.ArrayLiteralExpression | ts.ObjectLiteralExpression;

function itemsOf(list: List): readonly ts.Node[] {
  return ts.isArrayLiteralExpression(list) ? list.elements : list.properties;
}

function findList(file: string, source: ts.SourceFile, place: ListPlace): List {
  const found: List[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isCallExpression(node) && node.expression.getText() === place.call) {
      const list = descend(node.arguments[0], place.path);
      if (list) found.push(list);
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  const [list] = found;
  if (list && found.length === 1) return list;
  const where = `${place.call}({ ${place.path.join(': { ')}: … })`;
  throw new RefusalError(
    `${file} has ${found.length === 0 ? 'no' : 'more than one'} ${where}`,
    `Write one such list there; the generator adds to it and to nothing else.`,
  );
}

function descend(node: ts.Node | undefined, path: readonly string[]): List | undefined {
  const [key, ...rest] = path;
  if (node === undefined) return undefined;
  if (key === undefined)
    return ts.isArrayLiteralExpression(node) || ts.isObjectLiteralExpression(node) ? node : undefined;
  if (!ts.isObjectLiteralExpression(node)) return undefined;
  const property = node.properties.find((item) => ts.isPropertyAssignment(item) && item.name.getText() === key);
  return descend((property as ts.PropertyAssignment | undefined)?.initializer, rest);
}

function parse(file: string, text: string): ts.SourceFile {
  return ts.createSourceFile(file, text, ts.ScriptTarget.ES2024, true, ts.ScriptKind.TS);
}

function insert(text: string, at: number, added: string): string {
  return text.slice(0, at) + added + text.slice(at);
}
