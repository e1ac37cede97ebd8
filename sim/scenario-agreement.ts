import type { JsonRecord } from '../domain/json.ts';
import { isEqualJson } from '../domain/json.ts';
import type { Finding } from '../domain/preflight-report.ts';
import type { Scenario } from './scenario.ts';

/** What a runner says about one scenario: one JSON line. */
export interface ScenarioResult {
  readonly id: string;
  readonly preflight: { readonly result: string; readonly findings: readonly (Pick<Finding, 'code' | 'where' | 'severity' | 'pools'> & { readonly message: string; readonly remedy: string })[] };
  readonly decision: string;
  readonly final: JsonRecord;
  readonly events: readonly string[];
  readonly report: { readonly title: string; readonly body: string; readonly comments: readonly string[] };
  readonly armWrites: readonly { readonly atMin: number; readonly verb: string; readonly target: string }[];
  readonly violations: readonly { readonly rule: string; readonly message: string }[];
}

/** Where a result differs from what was expected, each as `what: got, expected`; empty when they agree. */
export interface Agreement {
  readonly preflight: readonly string[];
  readonly decision: readonly string[];
  readonly final: readonly string[];
  readonly violations: readonly string[];
}

/** Keys of `final` that a machine compares, besides pools. */
const comparedKeys: readonly string[] = ['run', 'openZ', 'closeZ', 'runs', 'comments', 'armWrites', 'started'];

/** Compares a result with its scenario's expectation. */
export function compareScenario({ expected, pools }: Scenario, result: ScenarioResult): Agreement {
  const keyOf = ({ code, where, severity }: { readonly code: string; readonly where: string; readonly severity: string }): string => `${code} ${where} ${severity}`;
  const got = new Set(result.preflight.findings.map(keyOf));
  const wanted = new Set(expected.findings.map(keyOf));
  const compared = Object.entries(expected.final).filter(([key]) => comparedKeys.includes(key) || pools.some(({ name }) => name === key));
  return {
    preflight: [
      ...difference('result', result.preflight.result, expected.result),
      ...[...wanted].filter((key) => !got.has(key)).map((key) => `missing ${key}`),
      ...[...got].filter((key) => !wanted.has(key)).map((key) => `surplus ${key}`),
    ],
    decision: difference('decision', result.decision, expected.decision),
    final: compared.flatMap(([key, value]) => difference(key, result.final[key], value)),
    violations: result.violations.map(({ rule, message }) => `${rule}: ${message}`),
  };
}

/** Whether nothing differs. */
export function agrees({ preflight, decision, final, violations }: Agreement): boolean {
  return preflight.length + decision.length + final.length + violations.length === 0;
}

function difference(what: string, got: unknown, wanted: unknown): readonly string[] {
  return isEqualJson(got, wanted) ? [] : [`${what}: ${JSON.stringify(got) ?? 'nothing'}, expected ${JSON.stringify(wanted)}`];
}
