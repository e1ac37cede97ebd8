import { languageOf } from './code-line.ts';
import { DOCUMENT_PATH_PATTERN, parseDocumentPath } from './document-path.ts';
import { fieldAt } from './field-reading.ts';
import type { FieldFault } from './field-reading.ts';
import type { FieldShape } from './field-shape.ts';
import { PIN_PATTERN } from './pinned-version.ts';

/** Places of one policy; every run that raised versions looks at them all within one activity. */
const PLACES_MAX = 50;

/** What a policy may say of the code that pins its cluster's versions. */
const writeBackShape = {
  kind: 'list',
  description: 'Where code pins what the cluster runs. After a run that raised versions a pull request raises those lines. Left out or empty: nothing is written back.',
  repeats: 'allowed',
  items: {
    kind: 'object',
    description: 'A file or folder with marker comments, or one value of a file.',
    fields: {
      repository: {
        presence: 'optional',
        shape: {
          kind: 'text',
          description: 'GitHub repository of the code; left out: the one the run is told in.',
          pattern: '^[A-Za-z0-9][A-Za-z0-9-]{0,38}/[A-Za-z0-9._-]{1,100}$',
          form: 'owner/name, for example acme/infra',
        },
      },
      file: {
        presence: 'required',
        shape: {
          kind: 'text',
          description: 'Terraform, Bicep, JSON or YAML file, or a folder with a slash behind it, whose files are searched for markers; / is the whole repository.',
          pattern: '^(?:/|[^/\\s\\\\][^\\s\\\\]{0,299})$',
          form: 'a path from the root of the repository, for example infra/main.tf or infra/',
        },
      },
      path: {
        presence: 'optional',
        shape: {
          kind: 'text',
          description: 'Where in the file the value stands: names and positions, in Terraform blocks by type and labels, in Bicep declarations by name; left out: where marker comments say.',
          pattern: DOCUMENT_PATH_PATTERN,
          form: 'names and positions, for example parameters.kubernetesVersion.value or pools[name=usr].version',
        },
      },
      pins: {
        presence: 'optional',
        shape: {
          kind: 'text',
          description: 'What the value at `path` pins; left out: kubernetesVersion.',
          pattern: PIN_PATTERN,
          form: 'kubernetesVersion, pool/usr kubernetesVersion or pool/usr nodeImageVersion',
        },
      },
    },
  },
} as const satisfies FieldShape;

/** Fields of `spec.report` about what is kept in repositories. */
export const repositoryFields = {
  writeBack: { presence: 'optional', whenAbsent: [], shape: writeBackShape },
  calendar: {
    presence: 'optional',
    shape: {
      kind: 'object',
      description: 'A maintenance calendar of all policies that name the same path, as a page to read and as a file to subscribe to; left out: none.',
      fields: {
        path: {
          presence: 'required',
          shape: {
            kind: 'text',
            description: 'Where it is kept on the branch slackwater-state, without ending: docs/maintenance gives docs/maintenance.md and docs/maintenance.ics.',
            pattern: '^(?!clusters(?:/|$)|README$)[A-Za-z0-9_][A-Za-z0-9_-]{0,99}(?:/[A-Za-z0-9_][A-Za-z0-9_-]{0,99}){0,9}$',
            form: 'names with slashes between, without ending and not below clusters/, for example docs/maintenance',
          },
        },
      },
    },
  },
} as const;

/** What no shape can say of `spec.report.writeBack`: `out-of-range` for too many, `wrong-form` for parts that do not fit together. */
export function judgeWriteBack(value: unknown): readonly FieldFault[] {
  const path = ['spec', 'report', 'writeBack'];
  const places = fieldAt(value, path);
  if (!Array.isArray(places)) return [];
  const where = 'spec.report.writeBack';
  const tooMany: readonly FieldFault[] = places.length <= PLACES_MAX ? [] : [{ code: 'out-of-range', where, path, message: `${where} has ${places.length} entries.`, remedy: `Write at most ${PLACES_MAX}; a folder stands for all its files.` }];
  const odd = places.flatMap((place: unknown, index): readonly FieldFault[] =>
    judgePlace(place).map(({ field, message, remedy }) => ({ code: 'wrong-form', where: `${where}[${index}].${field}`, path: [...path, index, field], message: `${where}[${index}].${field} ${message}`, remedy })),
  );
  return [...tooMany, ...odd];
}

interface Oddity {
  readonly field: 'file' | 'path' | 'pins';
  readonly message: string;
  readonly remedy: string;
}

function judgePlace(place: unknown): readonly Oddity[] {
  const [file, path, pins] = ['file', 'path', 'pins'].map((field) => fieldAt(place, [field]));
  if (typeof file !== 'string') return [];
  const language = languageOf(file);
  const isFolder = file.endsWith('/');
  const odd: Oddity[] = [];
  if (/(?:^|\/)\.{1,2}(?:\/|$)|.\/\//.test(file)) odd.push({ field: 'file', message: 'leads out of the repository, or has an empty part.', remedy: 'Write the path as it stands in Git.' });
  else if (!isFolder && language === null) odd.push({ field: 'file', message: 'ends in nothing that is understood.', remedy: 'Name a .tf, .tfvars, .bicep, .bicepparam, .json, .yaml or .yml file, or a folder with a slash behind it.' });
  if (typeof path === 'string') {
    if (isFolder) odd.push({ field: 'path', message: 'goes only with one file.', remedy: 'Name the file, or leave path out and write marker comments.' });
    if (parseDocumentPath(path) === null) odd.push({ field: 'path', message: 'cannot be read.', remedy: 'Write names and positions, for example parameters.kubernetesVersion.value or pools[name=usr].version.' });
  } else if (pins !== undefined) odd.push({ field: 'pins', message: 'goes only with path.', remedy: 'Leave it out: a marker comment says itself what it pins.' });
  return odd;
}
