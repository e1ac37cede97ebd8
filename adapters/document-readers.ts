// One door to all that reads YAML, for `await import()`: its parser is a tenth of what the app would read at every start.
export { parse as parseYaml } from 'yaml';
export { findDocumentValue as findValue } from './document-value.ts';
export { readPolicyText as readPolicies } from './policy-file.ts';
export { findPolicyTarget } from './policy-target.ts';
