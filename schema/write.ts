// Writes policy.schema.json next to this file from the shape the parser uses: node schema/write.ts
import { writeFileSync } from 'node:fs';
import { policyJsonSchema } from '../domain/policy-schema.ts';

writeFileSync(new URL('policy.schema.json', import.meta.url), `${JSON.stringify(policyJsonSchema(), null, 2)}\n`);
