import { isRecord } from '../domain/json.ts';

/** Which members of a JSON value are kept: all of it, those named, or of a map with any keys, all of them. Lists are kept item by item. */
export type KeptFields = 'all' | { readonly [member: string]: KeptFields };

/** The value with nothing but the kept members; a shape without members leaves an empty object, which still tells that it was there. */
export function keepFields(value: unknown, kept: KeptFields): unknown {
  if (kept === 'all') return value;
  if (Array.isArray(value)) return value.map((item: unknown) => keepFields(item, kept));
  // A text where an object was expected: nobody looked at what it may hold.
  if (!isRecord(value)) return value === null ? null : undefined;
  const entries = Object.entries(kept).flatMap(([name, inner]): (readonly [string, unknown])[] => {
    if (!Object.hasOwn(value, name)) return [];
    const member = keepFields(value[name], inner);
    return member === undefined ? [] : [[name, member]];
  });
  return Object.fromEntries(entries);
}
