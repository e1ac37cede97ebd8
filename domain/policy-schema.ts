import type { Field, FieldShape } from './field-shape.ts';
import { policyShape } from './policy-shape.ts';

/** A JSON Schema or a part of one. */
type JsonSchema = Readonly<Record<string, unknown>>;

/**
 * The policy file as a JSON Schema for editors, generated from the shape the parser uses.
 *
 * Draft-07, which editors support best. It cannot say whether a date exists, a zone is known or two dates are in
 * order: the parser alone has the last word.
 */
export function policyJsonSchema(): JsonSchema {
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    $id: 'https://slackwater.dev/schema/policy.schema.json',
    title: 'Slackwater maintenance policy',
    ...schemaOf(policyShape),
  };
}

function schemaOf(shape: FieldShape): JsonSchema {
  const { description } = shape;
  switch (shape.kind) {
    case 'text':
      return shape.wholeMinimum === undefined
        ? { description, type: 'string', pattern: shape.pattern }
        : { description, anyOf: [{ type: 'string', pattern: shape.pattern }, { type: 'integer', minimum: shape.wholeMinimum }] };
    case 'word':
      return { description, enum: shape.oneOf };
    case 'whole':
      return { description: `${description} Unit: ${shape.unit}.`, type: 'integer', minimum: shape.minimum, maximum: shape.maximum };
    case 'list':
      return { description, type: 'array', items: schemaOf(shape.items), uniqueItems: shape.repeats === 'refused' };
    case 'named':
      return { description, type: 'object', propertyNames: { pattern: shape.namePattern }, additionalProperties: schemaOf(shape.values) };
    case 'object': {
      const fields = Object.entries<Field>(shape.fields);
      return {
        description,
        type: 'object',
        properties: Object.fromEntries(fields.map(([name, field]) => [name, fieldSchemaOf(field)])),
        required: fields.filter(([, field]) => field.presence === 'required').map(([name]) => name),
        additionalProperties: false,
        ...(shape.exactlyOneOf === undefined ? {} : { oneOf: shape.exactlyOneOf.map((name) => ({ required: [name] })) }),
      };
    }
  }
}

function fieldSchemaOf(field: Field): JsonSchema {
  const schema = schemaOf(field.shape);
  return field.presence === 'required' || field.whenAbsent === undefined ? schema : { ...schema, default: field.whenAbsent };
}
