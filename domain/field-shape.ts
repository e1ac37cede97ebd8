/** What one field of a file may hold. The parser, its types and the JSON Schema are all derived from it. */
export type FieldShape = TextShape | WordShape | WholeShape | ListShape | NamedShape | ObjectShape;

/** Free text of a known form. */
export interface TextShape {
  readonly kind: 'text';
  readonly description: string;
  /** Regular expression of ECMA 262, without flags, so that editors read it alike. */
  readonly pattern: string;
  /** What the pattern asks for, in words that follow "Write". */
  readonly form: string;
  /** What no pattern can say; checked by the parser alone. */
  readonly check?: 'local-date' | 'time-zone';
  /** Smallest whole number taken in place of the text; without it a number is refused. */
  readonly wholeMinimum?: number;
}

/** One of a closed list of words. */
export interface WordShape {
  readonly kind: 'word';
  readonly description: string;
  readonly oneOf: readonly string[];
}

/** A whole number. */
export interface WholeShape {
  readonly kind: 'whole';
  readonly description: string;
  readonly unit: string;
  readonly minimum: number;
  readonly maximum: number;
}

export interface ListShape {
  readonly kind: 'list';
  readonly description: string;
  readonly items: FieldShape;
  readonly repeats: 'allowed' | 'refused';
}

/** Entries under names of the writer's choice. */
export interface NamedShape {
  readonly kind: 'named';
  readonly description: string;
  readonly namePattern: string;
  readonly nameForm: string;
  readonly values: FieldShape;
}

export interface ObjectShape {
  readonly kind: 'object';
  readonly description: string;
  readonly fields: Readonly<Record<string, Field>>;
  /** Optional fields of which exactly one must be written. */
  readonly exactlyOneOf?: readonly string[];
  /** Two date fields of which the first may not be later than the second. */
  readonly inOrder?: readonly [string, string];
}

/** A field of an object: required, or optional with or without what it is when left out. */
export type Field =
  | { readonly presence: 'required'; readonly shape: FieldShape }
  | { readonly presence: 'optional'; readonly shape: FieldShape; readonly whenAbsent?: unknown };

/** The type of a value that was read by a shape without a fault, defaults filled in. */
export type ReadBy<S> = S extends { readonly kind: 'word'; readonly oneOf: readonly (infer W)[] }
  ? W
  : S extends { readonly kind: 'text' }
    ? string
    : S extends { readonly kind: 'whole' }
      ? number
      : S extends { readonly kind: 'list'; readonly items: infer I }
        ? readonly ReadBy<I>[]
        : S extends { readonly kind: 'named'; readonly values: infer V }
          ? Readonly<Record<string, ReadBy<V>>>
          : S extends { readonly kind: 'object'; readonly fields: infer F }
            ? { readonly [K in keyof F]: ReadByField<F[K]> }
            : never;

type ReadByField<F> = F extends { readonly presence: 'required'; readonly shape: infer S }
  ? ReadBy<S>
  : F extends { readonly whenAbsent: unknown; readonly shape: infer S }
    ? ReadBy<S>
    : F extends { readonly shape: infer S }
      ? ReadBy<S> | undefined
      : never;
