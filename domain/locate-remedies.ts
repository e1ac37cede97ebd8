import { codeOwnersOf } from './code-owners.ts';
import type { CodeOwnersRule } from './code-owners.ts';
import { indexManifests } from './manifest.ts';
import type { Kustomization, ManifestDocument, ManifestFinder, ManifestPlace } from './manifest.ts';
import type { Amendment, Finding, PreflightReport } from './preflight-report.ts';

/** What a repository holds about the cluster's objects. */
export interface Manifests {
  /** Where it was read from, as a person named it. */
  readonly folder: string;
  readonly documents: readonly ManifestDocument[];
  readonly kustomizations: readonly Kustomization[];
  readonly codeOwners: readonly CodeOwnersRule[];
  /** Files that are no plain YAML, for example templates of a chart. */
  readonly unread: readonly string[];
}

/** Places named for one finding; a finding over many budgets would otherwise become a list. */
const PLACES_MAX = 4;

/**
 * A report whose remedies name file and line of what to change, and whose findings without an owner get the code owners of
 * that file. What no manifest defines stays as it was: nothing is claimed of it.
 */
export function locateRemedies(report: PreflightReport, manifests: Manifests): PreflightReport {
  const find = indexManifests(manifests.documents, manifests.kustomizations);
  const { unread, folder } = manifests;
  const names = unread.slice(0, 3).join(', ');
  const more = unread.length > 3 ? ` and ${unread.length - 3} more` : '';
  return {
    ...report,
    findings: report.findings.map((finding) => locate(finding, find, manifests.codeOwners)),
    unchecked:
      unread.length === 0
        ? report.unchecked
        : [...report.unchecked, { what: `what ${names}${more} in ${folder} define`, why: 'They are no plain YAML (templates of a chart, perhaps), so no line of them is named.' }],
  };
}

interface LocatedAmendment {
  readonly amendment: Amendment;
  readonly places: readonly ManifestPlace[];
}

function locate(finding: Finding, find: ManifestFinder, rules: readonly CodeOwnersRule[]): Finding {
  const located = (finding.amendments ?? []).map((amendment) => ({ amendment, places: find(amendment) })).filter(({ places }) => places.length > 0);
  if (located.length === 0) return finding;
  const sentences = [...new Set(located.map(sentenceOf))];
  const shown = sentences.slice(0, PLACES_MAX).join(' ');
  const more = sentences.length > PLACES_MAX ? ` And ${sentences.length - PLACES_MAX} more.` : '';
  return {
    ...finding,
    remedy: `${finding.remedy} ${shown}${more}`.trim(),
    owner: finding.owner ?? ownerOf(located, rules),
    evidence: { ...finding.evidence, manifests: located.flatMap(evidenceOf) },
  };
}

function sentenceOf({ amendment, places }: LocatedAmendment): string {
  const { kind, name, field, change } = amendment;
  const [place, ...others] = places;
  if (place === undefined) return '';
  const alone = places.some(({ isByNameAlone }) => isByNameAlone) ? ' (found by its name alone: no namespace is written there)' : '';
  if (others.length > 0) {
    const all = places.map(addressOf).join(' and ');
    return `${kind} ${name} is written more than once, and which is live cannot be told: ${all}${alone}.`;
  }
  const at = `In ${addressOf(place)}${alone}`;
  if (change === null) return `${at}: ${kind} ${name}.`;
  if (place.now === change) return `${at} it reads "${change}" already: the cluster has not taken it.`;
  if (place.now === null) return `${at}: add "${change}" to ${field.at(-2) ?? 'it'}.`;
  return `${at}: "${place.now}" → "${change}".`;
}

function addressOf({ file, line }: ManifestPlace): string {
  return `${file}:${line}`;
}

/** The owners of all that could be changed; of an object in two files only those that both have. */
function ownerOf(located: readonly LocatedAmendment[], rules: readonly CodeOwnersRule[]): string | null {
  const owners = located.flatMap(({ places }) => {
    const [first = [], ...others] = places.map(({ file }) => codeOwnersOf(rules, file));
    return first.filter((owner) => others.every((other) => other.includes(owner)));
  });
  return owners.length === 0 ? null : [...new Set(owners)].join(', ');
}

function evidenceOf({ amendment, places }: LocatedAmendment): readonly unknown[] {
  return places.map(({ file, line, now }) => ({ kind: amendment.kind, name: amendment.name, file, line, now, change: amendment.change }));
}
