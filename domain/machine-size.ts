/** What a VM size costs in quota. */
interface MachineSize {
  /** vCPUs of one machine. */
  readonly cores: number;
  /** Names its quota meter may have, in lower case, without `standard` and `family`; Azure is not of one mind about the order. */
  readonly families: readonly string[];
}

/** The second version of D sizes numbers its sizes; later ones name their vCPUs (facts: Azure "Dv2 and DSv2 series"). */
const coresOfD2: Readonly<Record<string, number>> = { 1: 1, 2: 2, 3: 4, 4: 8, 5: 16, 11: 2, 12: 4, 13: 8, 14: 16, 15: 20 };

/**
 * Reads vCPUs and quota family from a size's name, `Standard_D8ds_v5`: 8 vCPUs of family `ddsv5`.
 *
 * Null for names without this form (facts: Azure "Virtual machine sizes naming conventions"); then nothing is known.
 */
export function readMachineSize(name: string): MachineSize | null {
  const match = /^Standard_([A-Z]+)(\d+)(?:-\d+)?([a-z]*)((?:_(?!v\d)[A-Za-z0-9]+)*)(?:_(v\d+))?$/i.exec(name);
  if (match === null) return null;
  const [, series = '', number = '', features = '', accelerator = '', version = ''] = match;
  const line = series.toLowerCase();
  const isNumbered = (line === 'd' || line === 'ds') && version.toLowerCase() === 'v2';
  // The first D sizes and all A sizes number their sizes too, each its own way.
  if (version === '' && ['a', 'd', 'ds', 'g', 'gs'].includes(line)) return null;
  const cores = isNumbered ? coresOfD2[number] : Number(number);
  if (cores === undefined || cores === 0) return null;
  if (line === 'b' && version === '') return { cores, families: ['bs'] };
  const chip = accelerator.replaceAll('_', '');
  const body = `${line}${features}`;
  const families = [`${body}${chip}${version}`, `${body}${version}${chip}`].map((family) => family.toLowerCase());
  return { cores, families: [...new Set(families)] };
}

/** A quota meter's name as {@link readMachineSize} names families: `standardDSv5Family` becomes `dsv5`. */
export function plainFamily(meter: string): string {
  return meter.toLowerCase().replaceAll(/[^a-z0-9]/g, '').replace(/^standard/, '').replace(/family$/, '');
}
