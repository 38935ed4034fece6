// A request schema that lets unknown fields through is a mass assignment waiting to happen (OWASP API3:2023). The service
// refuses to start with one; this finds the places.
import { z } from 'zod';

type JsonSchema = { [key: string]: unknown };

/**
 * Lists the objects of a schema that accept fields which it does not name, as JSON pointers into its JSON Schema.
 * An empty list means strict throughout. A `z.record(…)` is a declared map and counts as strict.
 */
export function looseObjects(schema: z.ZodType): string[] {
  const json = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }) as JsonSchema;
  const loose: string[] = [];
  visit(json, '#', loose);
  return loose;
}

/** Keywords whose value is data, and keywords whose value is a map of names that the author chose. */
const DATA = new Set(['const', 'enum', 'default', 'examples']);
const NAMED = new Set(['properties', '$defs', 'definitions', 'patternProperties']);

function visit(node: unknown, pointer: string, loose: string[], named = false): void {
  if (Array.isArray(node)) return node.forEach((item, index) => visit(item, `${pointer}/${index}`, loose));
  if (typeof node !== 'object' || node === null) return;
  const schema = node as JsonSchema;
  if (!named && schema.type === 'object' && isOpen(schema.additionalProperties)) loose.push(pointer);
  for (const [key, child] of Object.entries(schema)) {
    if (named || !DATA.has(key)) visit(child, `${pointer}/${key}`, loose, !named && NAMED.has(key));
  }
}

/** Absent, true and the empty schema all let anything through. */
function isOpen(additional: unknown): boolean {
  if (additional === undefined || additional === true) return true;
  return typeof additional === 'object' && additional !== null && Object.keys(additional).length === 0;
}
