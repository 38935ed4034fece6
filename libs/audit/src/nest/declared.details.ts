// Takes from a request what its route declared, and nothing else: texts and numbers, cut short. It never throws: a declaration that does
// not fit a malformed body must not stand between a refusal and its event.
import type { AuditedFields, AuditedObject } from '../event/request.event.ts';
import type { KeyedIdentifier } from '../event/keyed.identifier.ts';
import type { AuditDeclaration, AuditedExchange, AuditFieldNames } from './audit.decorator.ts';

const MAX_TEXT = 200;
const MAX_OBJECTS = 20;

export function declaredObjects(
  declaration: AuditDeclaration | undefined,
  exchange: AuditedExchange,
): readonly AuditedObject[] | undefined {
  if (!declaration?.object) return undefined;
  try {
    const objects: AuditedObject[] = [];
    for (const [type, ids] of Object.entries(declaration.object(exchange)))
      for (const uid of Array.isArray(ids) ? ids : [ids])
        if ((typeof uid === 'string' || typeof uid === 'number') && objects.length < MAX_OBJECTS)
          objects.push({ type, uid: shortened(String(uid)) });
    return objects;
  } catch {
    return undefined;
  }
}

export function declaredFields(
  names: AuditFieldNames | undefined,
  body: Readonly<Record<string, unknown>>,
  ids: KeyedIdentifier,
): AuditedFields | undefined {
  if (!names) return undefined;
  const fields: Record<string, string | number | boolean | null> = {};
  for (const name of names.clear ?? []) {
    const value = Object.hasOwn(body, name) ? body[name] : undefined;
    if (typeof value === 'string') fields[name] = shortened(value);
    else if (value === null || typeof value === 'boolean' || Number.isFinite(value)) fields[name] = value as number;
  }
  for (const name of names.keyed ?? []) {
    const value = Object.hasOwn(body, name) ? body[name] : undefined;
    if (typeof value === 'string' || typeof value === 'number') fields[name] = ids.of(String(value));
  }
  return fields;
}

/** The exchange of a request whose body may be anything. */
export function exchangeOf(params: unknown, body: unknown, result?: unknown): AuditedExchange {
  return {
    params: object(params) as Record<string, string>,
    body: object(body),
    ...(result ? { result: object(result) } : {}),
  };
}

const object = (value: unknown): Record<string, unknown> =>
  value !== null && typeof value === 'object' ? (value as Record<string, unknown>) : {};

/** What moves a cursor, ends a line somewhere or turns a text around is in no id: who reads a journal with `cat` is not to be fooled (CWE-117). */
const CONTROL = /[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}\ufeff]/gu;

const shortened = (text: string): string => text.slice(0, MAX_TEXT).toWellFormed().replaceAll(CONTROL, '\ufffd');
